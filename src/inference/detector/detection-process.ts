import { serveFrames } from './serve-frames.ts'
import type { SessionInit } from './session.ts'

/** The program of a child process: one session, made of the first message. It ends when its parent does. */
if (process.send !== undefined) {
  const send = process.send.bind(process)
  process.once('disconnect', () => process.exit(0))
  process.once('message', (init) => {
    void serveFrames(init as SessionInit, {
      post: (answer) => {
        send(answer)
      },
      onRequest: (take) => process.on('message', take),
    })
  })
}
