import { EdgeError } from '../../domain/errors.ts'
import { openSession } from './session.ts'
import type { SessionInit } from './session.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-pool.ts'

/** The other side of a thread or a process, and what comes from it. */
export interface FramePort {
  readonly post: (answer: WorkerAnswer) => void
  readonly onRequest: (take: (request: WorkerRequest) => void) => void
}

/** Serves detection requests until the thread or process is ended. A body is one frame; they are taken one by one. */
export async function serveFrames(init: SessionInit, { post, onRequest }: FramePort): Promise<void> {
  try {
    const detect = await openSession(init)
    let last = Promise.resolve()
    onRequest(({ id, body }) => {
      last = last.then(async () => {
        try {
          post({ kind: 'result', id, value: await detect(body as Uint8Array) })
        } catch (error) {
          post({ kind: 'error', id, error: EdgeError.from(error).toJSON() })
        }
      })
    })
    post({ kind: 'ready' })
  } catch (error) {
    post({ kind: 'error', error: EdgeError.from(error).toJSON() })
  }
}
