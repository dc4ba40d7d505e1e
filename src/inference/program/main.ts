import { EdgeError } from '../../domain/index.ts'
import type { Log } from '../../ports/index.ts'
import { calibrateForRun, withPrecision } from '../calibration/index.ts'
import { labelEvents } from '../label-events/index.ts'
import { openModel } from '../model/index.ts'
import { analyse, totalSeconds } from '../pipeline/index.ts'
import type { AnalyseListeners, Fragment } from '../pipeline/index.ts'
import { describeRuntime } from '../detector/index.ts'
import { ProgramOrder } from './messages.ts'
import type { LabelRequest, ProgramNews, ProgramRequest, RunTotals } from './messages.ts'

/**
 * The program: forked with an IPC channel, does what the first order says, and ends. It ends as well when the channel
 * closes, so it never outlives its parent.
 */

/** How long a broken-off run may take to put its ffmpeg processes away. */
const farewellMs = 5000

function say(news: ProgramNews): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    // A parent that is gone is told by `disconnect`; there is nobody to tell of a failed send.
    else
      process.send(news, () => {
        resolve()
      })
  })
}

const log = createLog()

function createLog(bindings: Readonly<Record<string, unknown>> = {}): Log {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      void say({ kind: 'log', level, fields: { ...bindings, ...fields }, message })
    }
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (more) => createLog({ ...bindings, ...more }),
  }
}

async function run(request: ProgramRequest, signal: AbortSignal): Promise<RunTotals> {
  const { path, name, rangesDir } = request.model
  const opened = await openModel(path, { name, signal, imageSize: request.settings.imageSize })
  const { settings, tools, sources, calibrates = false } = request
  if (calibrates && rangesDir !== undefined) {
    const paths = sources.map((source) => source.path)
    await calibrateForRun({ model: opened, ...{ settings, tools, paths, rangesDir, log, signal } })
  }
  const model = await withPrecision(opened, { ...settings, rangesDir })
  const done: Fragment[] = []
  await analyse({ ...request, model, log }, listenersFor(done), { signal })
  return totalsOf(done)
}

async function runLabels(request: LabelRequest, signal: AbortSignal): Promise<RunTotals> {
  const done: Fragment[] = []
  const { ledger } = await labelEvents({ ...request, log }, listenersFor(done), { signal })
  return { ...totalsOf(done), ...(ledger.problems === undefined ? {} : { problems: ledger.problems }) }
}

/** Tells the parent, and keeps what is done in `done`. */
function listenersFor(done: Fragment[]): AnalyseListeners {
  return {
    onProgress: (progress) => void say({ kind: 'progress', progress }),
    onFragment: (fragment, isEarlier) => {
      done.push(fragment)
      void say({ kind: 'file-done', fragment, isEarlier })
    },
  }
}

function totalsOf(fragments: readonly Fragment[]): RunTotals {
  const read = fragments.filter(({ wasRead }) => wasRead)
  const sum = (of: (fragment: Fragment) => number): number => read.reduce((all, one) => all + of(one), 0)
  return {
    filesRead: read.length,
    filesTotal: fragments.length,
    bytesRead: sum(({ ledger }) => ledger.bytesIn),
    secondsRead: sum(({ ledger }) => ledger.durationSeconds - totalSeconds(ledger.outside ?? [])),
    events: sum(({ events }) => events.length),
    clips: sum(({ ledger }) => ledger.clips),
  }
}

async function obey(order: Exclude<ProgramOrder, { kind: 'abort' }>, signal: AbortSignal): Promise<void> {
  try {
    if (order.kind === 'describe') await say({ kind: 'described', runtime: await describeRuntime() })
    else if (order.kind === 'label')
      await say({ kind: 'done', totals: await runLabels(order.request, signal) })
    else await say({ kind: 'done', totals: await run(order.request, signal) })
  } catch (thrown) {
    const { code, message, hint, details } = EdgeError.from(thrown).toJSON()
    await say({
      kind: 'failed',
      error: { code, message, hint, ...(details === undefined ? {} : { details }) },
    })
  }
  process.exit(0)
}

function listen(): void {
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(new EdgeError('interrupted', 'the run was broken off'))
    setTimeout(() => process.exit(1), farewellMs).unref()
  }
  process.once('disconnect', abort)
  // The parent decides when to end; a Ctrl-C at the terminal reaches it as well.
  process.on('SIGINT', () => undefined)
  process.once('SIGTERM', abort)
  process.on('message', (message) => {
    const order = ProgramOrder.safeParse(message)
    if (!order.success) {
      const error = new EdgeError('internal', `an order that is none: ${order.error.message}`)
      void say({
        kind: 'failed',
        error: { code: error.code, message: error.message, hint: error.hint },
      }).then(() => process.exit(1))
    } else if (order.data.kind === 'abort') abort()
    else void obey(order.data, controller.signal)
  })
}

listen()
