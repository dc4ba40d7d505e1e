import { parentPort, workerData } from 'node:worker_threads'
import { serveFrames } from './serve-frames.ts'
import type { SessionInit } from './session.ts'

/** The program of a worker thread: one session, whose data is what the thread is started with. */
const port = parentPort
if (port !== null) {
  void serveFrames(workerData as SessionInit, {
    post: (answer) => {
      port.postMessage(answer)
    },
    onRequest: (take) => port.on('message', take),
  })
}
