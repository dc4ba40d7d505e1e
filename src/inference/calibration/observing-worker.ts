import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { EdgeError } from '../../domain/errors.ts'
import type { WorkerAnswer, WorkerRequest } from '../detector/worker-pool.ts'

/** What an observing worker is started with. */
export interface ObservingWorkerData {
  readonly modelBytes: Uint8Array
  readonly inputName: string
  /** Of the input of bytes. */
  readonly dims: readonly number[]
}

/** Serves requests until the thread is ended: a body is one frame, the answer a map of the graph’s single numbers. */
async function serve(data: ObservingWorkerData, post: (answer: WorkerAnswer) => void): Promise<void> {
  const session = await ort.InferenceSession.create(data.modelBytes, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  })
  const observe = async (frame: Uint8Array): Promise<ReadonlyMap<string, number>> => {
    const answer = await session.run({ [data.inputName]: new ort.Tensor('uint8', frame, [...data.dims]) })
    return new Map(Object.entries(answer).map(([name, { data: numbers }]) => [name, Number(numbers[0])]))
  }
  let last = Promise.resolve()
  parentPort?.on('message', ({ id, body }: WorkerRequest) => {
    last = last.then(async () => {
      try {
        post({ kind: 'result', id, value: await observe(body as Uint8Array) })
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
  serve(workerData as ObservingWorkerData, post).catch((error: unknown) => {
    post({ kind: 'error', error: EdgeError.from(error).toJSON() })
  })
}
