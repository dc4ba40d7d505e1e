import { parentPort, workerData } from 'node:worker_threads'
import { EdgeError } from '../../domain/errors.ts'
import { openSession } from './session.ts'
import type { SessionInit } from './session.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-pool.ts'

/** Serves detection requests until the thread is ended. A body is one frame; frames are taken one after another. */
async function serve(data: SessionInit, post: (answer: WorkerAnswer) => void): Promise<void> {
  const detect = await openSession(data)
  let last = Promise.resolve()
  parentPort?.on('message', ({ id, body }: WorkerRequest) => {
    last = last.then(async () => {
      try {
        post({ kind: 'result', id, value: await detect(body as Uint8Array) })
      } catch (error) {
        post({ kind: 'error', id, error: EdgeError.from(error).toJSON() })
      }
    })
  })
  post({ kind: 'ready' })
}

const port = parentPort
if (port !== null) {
  const post = (answer: WorkerAnswer): void => {
    port.postMessage(answer)
  }
  serve(workerData as SessionInit, post).catch((error: unknown) => {
    post({ kind: 'error', error: EdgeError.from(error).toJSON() })
  })
}
