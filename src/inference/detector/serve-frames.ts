import { EdgeError } from '../../domain/errors.ts'
import { openSession } from './session.ts'
import type { DetectFrames, SessionInit } from './session.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-pool.ts'

/** The other side of a thread or a process, and what comes from it. */
export interface FramePort {
  readonly post: (answer: WorkerAnswer) => void
  readonly onRequest: (take: (request: WorkerRequest) => void) => void
}

/** What a request’s body is: one frame, or several for one run. */
export type FrameBody = Uint8Array | readonly Uint8Array[]

/** The answer to a body: packed boxes of the one frame, or those of each. */
export async function answerBody(
  detect: DetectFrames,
  body: unknown,
): Promise<Float64Array | readonly Float64Array[] | undefined> {
  const frames = body as FrameBody
  return frames instanceof Uint8Array ? (await detect([frames]))[0] : await detect(frames)
}

/** Serves detection requests until the thread or process is ended; they are taken one by one. */
export async function serveFrames(init: SessionInit, { post, onRequest }: FramePort): Promise<void> {
  try {
    const detect = await openSession(init)
    let last = Promise.resolve()
    onRequest(({ id, body }) => {
      last = last.then(async () => {
        try {
          post({ kind: 'result', id, value: await answerBody(detect, body) })
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
