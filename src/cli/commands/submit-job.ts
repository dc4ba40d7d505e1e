import type { EdgeClient } from '../../client/index.ts'
import type { JobSpecInput } from '../../domain/index.ts'
import { shortId } from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { exitCodeOfJob, followJob, summaryLines } from '../follow-job.ts'
import type { Terminal } from '../terminal.ts'
import { fetchInto } from './get.ts'

/** Submits, says so, follows, and with --download fetches: what `onnx run` and `create` have in common. */
export async function submitJob(
  client: EdgeClient,
  spec: JobSpecInput,
  args: Args,
  terminal: Terminal,
): Promise<number> {
  const idempotencyKey = args['idempotencyKey'] as string | undefined
  const { job, created } = await client.submit(spec, {
    signal: terminal.signal,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  if (args['idOnly'] === true) {
    terminal.print(job.id)
    return exitCodes.done
  }
  if (args['json'] !== true)
    terminal.print(`${created ? 'Job submitted' : 'Submitted before'}. Job ID: ${job.id}`)
  if (args['wait'] === false) {
    if (args['json'] === true) terminal.printJson(job)
    else terminal.note(`Follow it with \`edge wait ${shortId(job.id)}\`.`)
    return exitCodes.done
  }
  terminal.note('Following it (Ctrl+C stops watching, the job goes on):')
  const over = await followJob(client, job, {
    terminal,
    timeoutSeconds: args['waitTimeout'] as number | undefined,
  })
  for (const line of summaryLines(over)) terminal.note(line)
  if (args['download'] === true) await fetchInto(client, over.id, args, terminal)
  else if (over.executions.some(({ result }) => result !== undefined))
    terminal.note(`Fetch the results with \`edge get ${shortId(over.id)}\`.`)
  if (args['json'] === true) terminal.printJson(over)
  return exitCodeOfJob(over)
}
