import type { EdgeClient } from '../../client/index.ts'
import { checkJobSpec, EdgeError, isEdgeError, shortId, specInvalid } from '../../domain/index.ts'
import type { JobSpecInput, JobView } from '../../domain/index.ts'
import type { Args } from '../command.ts'
import { connect } from '../connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { exitCodeOfJob, followJob, summaryLines } from '../follow-job.ts'
import { plain, type Terminal } from '../terminal.ts'
import { fetchInto } from './get.ts'

/** Checks the spec of a `run` command, then submits it, or prints it with --dry-run. */
export async function submitOrPrint(spec: JobSpecInput, args: Args, terminal: Terminal): Promise<number> {
  const checked = checkJobSpec(spec)
  if (!checked.ok) throw specInvalid(checked.problems)
  refuseContradictions(args)
  if (args['dryRun'] !== true) return submitJob(connect(args), spec, args, terminal)
  terminal.printJson(spec)
  return exitCodes.done
}

/** Submits, says so, follows, and with --download fetches: what `onnx run`, `docker run` and `create` have in common. */
export async function submitJob(
  client: EdgeClient,
  spec: JobSpecInput,
  args: Args,
  terminal: Terminal,
): Promise<number> {
  refuseContradictions(args)
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
    ...(args['follow'] === true ? { first: (signal) => printLogs(client, job, terminal, signal) } : {}),
  })
  for (const line of summaryLines(over)) terminal.note(line)
  await tellResults(client, over, args, terminal)
  if (args['json'] === true) terminal.printJson(over)
  return exitCodeOfJob(over)
}

/** What a failed job left is fetched and named, too. */
async function tellResults(client: EdgeClient, job: JobView, args: Args, terminal: Terminal): Promise<void> {
  const hasResults = job.executions.some(({ result }) => result !== undefined)
  if (args['download'] !== true) {
    if (hasResults) terminal.note(`Fetch the results with \`edge get ${shortId(job.id)}\`.`)
  } else if (hasResults || exitCodeOfJob(job) === exitCodes.done) {
    await fetchInto(client, job.id, args, terminal)
  } else terminal.note('It left no results to fetch.')
}

/** Until the job is over; while the requester does not answer, states are shown instead. */
async function printLogs(
  client: EdgeClient,
  job: JobView,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const line of client.logs(job.id, { follow: true, signal }))
      terminal.print(`${plain(line.nodeName)} | ${plain(line.text)}`)
  } catch (error) {
    if (!isEdgeError(error, 'requester_unreachable') || signal.aborted) throw error
  }
}

/** Flags that need the job to be over, and those that do not wait for it. */
function refuseContradictions(args: Args): void {
  const given = (flag: string): boolean => args[flag] !== undefined && args[flag] !== false
  const refuse = (flag: string, other: string, why: string): never => {
    throw new EdgeError('usage', `${flag} contradicts ${other}: ${why}`)
  }
  const hurry = args['idOnly'] === true ? '--id-only' : args['wait'] === false ? '--no-wait' : undefined
  for (const flag of ['follow', 'download', 'wait-timeout']) {
    if (hurry !== undefined && given(flag))
      refuse(`--${flag}`, hurry, 'it needs the job to be followed until it is over')
    if (args['dryRun'] === true && given(flag)) refuse(`--${flag}`, '--dry-run', 'nothing is submitted')
  }
  if (args['dryRun'] === true && hurry === '--id-only')
    refuse(hurry, '--dry-run', 'a job that is not submitted has no id')
  const { waitTimeout } = args
  if (waitTimeout !== undefined && !(typeof waitTimeout === 'number' && waitTimeout > 0))
    throw new EdgeError('usage', '--wait-timeout takes one number of seconds')
  if (args['json'] === true && given('follow'))
    refuse('--follow', '--json', 'lines of logs among JSON are neither; `edge logs --json` prints them so')
  for (const flag of ['output-dir', 'raw', 'force'])
    if (given(flag) && !given('download'))
      throw new EdgeError('usage', `--${flag} belongs to --download`, {
        hint: 'Add --download, or leave it out.',
      })
}
