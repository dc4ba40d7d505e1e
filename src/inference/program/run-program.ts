import type { Progress } from '../../domain/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { Abortable, Log } from '../../ports/index.ts'
import type { Fragment } from '../pipeline/index.ts'
import { ForkedProgram } from './forked-program.ts'
import type {
  LabelRequest,
  ProgramNews,
  ProgramOrder,
  ProgramRequest,
  RunTotals,
  RuntimeDescription,
} from './messages.ts'

export interface RunListeners {
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly onFragment?: ((fragment: Fragment, isEarlier: boolean) => void) | undefined
  /** Lines that native code printed. */
  readonly onOutput?: ((line: string) => void) | undefined
  readonly log: Log
}

/**
 * Runs the pipeline in a child process. Rejects with the program’s own EdgeError, with `engine_crashed` when it died
 * without a word, and with the signal’s reason when aborted, after its processes are gone.
 */
export async function runProgram(
  request: ProgramRequest,
  listeners: RunListeners,
  options: Abortable = {},
): Promise<RunTotals> {
  return totalsOf(await obeyed({ kind: 'start', request }, listeners, options))
}

/** Makes events of detections that another program left, in a child process; rejects as `runProgram` does. */
export async function runLabelProgram(
  request: LabelRequest,
  listeners: RunListeners,
  options: Abortable = {},
): Promise<RunTotals> {
  return totalsOf(await obeyed({ kind: 'label', request }, listeners, options))
}

function totalsOf(end: Extract<ProgramNews, { kind: 'done' | 'described' }>): RunTotals {
  if (end.kind === 'done') return end.totals
  throw new EdgeError('internal', `the inference process answered ${end.kind} to an order to run`)
}

/** Asks a child process which ONNX Runtime there is, so that loading it cannot harm this one. */
export async function describeRuntimeApart(log: Log, options: Abortable = {}): Promise<RuntimeDescription> {
  const end = await obeyed({ kind: 'describe' }, { log }, options)
  if (end.kind !== 'described') throw new EdgeError('internal', `the inference process answered ${end.kind}`)
  return end.runtime
}

async function obeyed(
  order: ProgramOrder,
  listeners: RunListeners,
  { signal }: Abortable,
): Promise<Extract<ProgramNews, { kind: 'done' | 'described' }>> {
  signal?.throwIfAborted()
  const program = new ForkedProgram(order, {
    onNews: (news) => {
      pass(news, listeners)
    },
    ...(listeners.onOutput === undefined ? {} : { onOutput: listeners.onOutput }),
  })
  const abort = (): void => {
    program.abort()
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const end = await program.ended
    if (end.kind === 'done' || end.kind === 'described') return end
    signal?.throwIfAborted()
    throw end.kind === 'lost' ? end.error : fromReport(end.error)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function fromReport({
  code,
  message,
  hint,
  details,
}: Extract<ProgramNews, { kind: 'failed' }>['error']): EdgeError {
  return EdgeError.fromData({ code, message, hint, ...(details === undefined ? {} : { details }) })
}

function pass(news: ProgramNews, { onProgress, onFragment, log }: RunListeners): void {
  switch (news.kind) {
    case 'progress':
      onProgress?.(news.progress)
      return
    case 'file-done':
      onFragment?.(news.fragment, news.isEarlier)
      return
    case 'log':
      log[news.level](news.fields, news.message)
      return
    case 'done':
    case 'described':
    case 'failed':
      return
  }
}
