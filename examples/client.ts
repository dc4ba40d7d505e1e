/**
 * Finds people and dogs in the footage of every node, follows the job, and says what came of it. To run it where edge is
 * installed: `node examples/client.ts`, with EDGE_API (http://127.0.0.1:1234 unless told) and EDGE_API_TOKEN where needed.
 */
import { createClient, isEdgeError, shortId, type EdgeClient, type JobSpecInput } from 'edge/client'

const spec: JobSpecInput = {
  apiVersion: 'edge/v1',
  name: 'people-at-the-gate',
  type: 'ops',
  engine: { type: 'onnx', model: 'yolov5n', policy: { classes: ['person', 'dog'] } },
  inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
}

/** Submits the job and tells its news line by line until it is over. */
async function findPeople(client: EdgeClient, tell: (line: string) => void): Promise<void> {
  for await (const { info, connectivity } of client.eachNode()) tell(`node ${info.name}: ${connectivity}`)

  // The key makes it safe to run this again: the job is accepted once a day.
  const idempotencyKey = `gate-${new Date().toISOString().slice(0, 10)}`
  const { job, created } = await client.submit(spec, { idempotencyKey })
  tell(`job ${shortId(job.id)} ${created ? 'accepted' : 'is there already'}`)

  // Goes on by itself when the connection breaks or the requester is restarted.
  for await (const event of client.watch({ job: job.id })) {
    if (event.kind === 'history') tell(`${event.entry.entity}: ${event.entry.to}`)
    if (event.kind === 'progress') tell(`${event.progress.filesDone} of ${event.progress.filesTotal} files`)
  }

  const { state, reason } = await client.job(job.id)
  tell(`${state}${reason === undefined ? '' : `: ${reason.message}`}`)
  for await (const { nodeName, summary } of client.eachResult(job.id))
    tell(
      `${nodeName}: ${summary.events} events, ${summary.bytes} of ${summary.scannedBytes} bytes brought back`,
    )
}

const { EDGE_API: baseUrl = 'http://127.0.0.1:1234', EDGE_API_TOKEN: token } = process.env
try {
  await findPeople(createClient({ baseUrl, token }), (line) => {
    process.stdout.write(`${line}\n`)
  })
} catch (error) {
  if (!isEdgeError(error)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n${error.hint}\n`)
  process.exitCode = 1
}
