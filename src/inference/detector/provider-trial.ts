import { EdgeError } from '../../domain/index.ts'
import { openModel } from '../model/index.ts'
import { sessionInit } from './frame-runner.ts'
import { openSession } from './session.ts'
import { TrialOrder } from './trial-messages.ts'
import type { TrialAnswer } from './trial-messages.ts'

/**
 * The program of one trial: forked with an IPC channel, opens a session with one provider, runs as many grey frames at once as it will be given, says how it
 * went and ends. A native crash ends this process and nothing else.
 */

const triedFootage = { width: 1920, height: 1080 }
const timedRuns = 2

async function trial({ modelPath, provider, setup }: TrialOrder): Promise<TrialAnswer> {
  const model = await openModel(modelPath)
  const shape = model.shapeFor(triedFootage)
  const filter = { scoreThreshold: 0.25, iouThreshold: 0.45, maxDetections: 300 }
  const session = sessionInit(provider, { model, filter, setup }, shape)
  const detect = await openSession(session)
  const bytes = (shape.pixelFormat === 'gbrp' ? 3 : 1.5) * shape.width * shape.height
  const { batch } = session.description
  const frames = Array.from({ length: batch }, () => new Uint8Array(bytes).fill(114))
  // The first run is what providers compile at.
  await detect(frames)
  const startedAtMs = performance.now()
  for (let run = 0; run < timedRuns; run++) await detect(frames)
  return { kind: 'ran', msPerFrame: (performance.now() - startedAtMs) / (timedRuns * batch) }
}

function listen(send: (message: TrialAnswer, sent: () => void) => boolean): void {
  const say = (answer: TrialAnswer): void => {
    send(answer, () => process.exit(0))
  }
  process.once('disconnect', () => process.exit(1))
  process.once('message', (message) => {
    const order = TrialOrder.safeParse(message)
    if (!order.success) {
      say({ kind: 'failed', message: `an order that is none: ${order.error.message}` })
      return
    }
    trial(order.data).then(say, (error: unknown) => {
      say({ kind: 'failed', message: EdgeError.from(error).message })
    })
  })
}

if (process.send !== undefined) listen(process.send.bind(process))
