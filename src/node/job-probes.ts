import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { JobProbe } from '../compute/index.ts'
import type { Reason } from '../domain/index.ts'

/** More than this is not put into the environment, which the system bounds; stdin has it always. */
const maxEnvironmentBytes = 100_000
const maxReplyBytes = 65_536

const refused = (message: string): Reason => ({ code: 'probe_rejected', message: message.slice(0, 1000) })
const failed = (message: string): Reason => ({ code: 'probe_failed', message: message.slice(0, 1000) })

/**
 * Runs a program, without a shell, for each offer: the job as JSON on stdin and in EDGE_JOB_SELECTION_PROBE_DATA. Exit
 * code 0 accepts, any other refuses with the last line it printed; longer than `timeoutMs` and it is killed.
 */
export function execProbe([program = '', ...args]: readonly string[], timeoutMs: number): JobProbe {
  return async (job, { signal }) => {
    signal?.throwIfAborted()
    const data = JSON.stringify(job)
    const isShort = Buffer.byteLength(data) <= maxEnvironmentBytes
    const child = spawn(program, args, {
      env: { ...process.env, ...(isShort ? { EDGE_JOB_SELECTION_PROBE_DATA: data } : {}) },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that what it started ends with it.
      detached: true,
    })
    const limit = limitOf(timeoutMs, signal)
    const kill = (): void => {
      if (child.pid !== undefined) killGroup(child.pid)
      // What left its group may hold these open for ever.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    limit.addEventListener('abort', kill, { once: true })
    // A probe need not read its stdin.
    child.stdin.on('error', () => undefined)
    child.stdin.end(data)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        printed = (printed + bytes.toString()).slice(-4096)
      })
    }
    try {
      const [code] = (await once(child, 'close')) as [number | null]
      signal?.throwIfAborted()
      if (limit.aborted) return failed(`the probe ${program} took longer than ${String(timeoutMs / 1000)} s`)
      if (code === 0) return undefined
      const last = printed.trim().split('\n').at(-1) ?? ''
      return refused(`the probe ${program} ended with ${String(code)}${last === '' ? '' : `: ${last}`}`)
    } catch (error) {
      signal?.throwIfAborted()
      return failed(`the probe ${program} cannot be run: ${messageOf(error)}`)
    } finally {
      limit.removeEventListener('abort', kill)
    }
  }
}

/** Posts the job as JSON; the reply `{shouldBid, reason}` decides. A status of 400 or more refuses, redirects are not followed. */
export function httpProbe(address: string, timeoutMs: number): JobProbe {
  // What else is in an address may be secret, and whoever sees the job sees the reason.
  const { origin, pathname } = new URL(address)
  const url = `${origin}${pathname}`
  return async (job, { signal }) => {
    const limit = limitOf(timeoutMs, signal)
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(job),
        redirect: 'error',
        signal: limit,
      })
      const text = await boundedText(response)
      if (!response.ok) return refused(`the probe ${url} answered ${String(response.status)}`)
      const reply = (text === '' ? {} : JSON.parse(text)) as { shouldBid?: unknown; reason?: unknown } | null
      if (reply?.shouldBid !== false && reply !== null) return undefined
      const why = typeof reply?.reason === 'string' ? `: ${reply.reason}` : ''
      return refused(`the probe ${url} said no${why}`)
    } catch (error) {
      signal?.throwIfAborted()
      const why = limit.aborted ? `took longer than ${String(timeoutMs / 1000)} s` : messageOf(error)
      return failed(`the probe ${url}: ${why}`)
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true })
    if (text.length > maxReplyBytes) throw new RangeError('it answered more than 64 KiB')
  }
  return text
}

function limitOf(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function messageOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
