import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { siblingModule } from '../../utils/sibling-module.ts'
import { missingPart } from './missing-part.ts'
import type { ProviderSetup, RuntimeProvider } from './provider.ts'
import { TrialAnswer } from './trial-messages.ts'
import type { TrialOrder } from './trial-messages.ts'
import { quietRuntime } from './quiet-runtime.ts'

/** Whether a provider runs a model here; `msPerFrame` of one session in full runs, after the first. */
export type ProviderTrial =
  { readonly loads: true; readonly msPerFrame: number } | { readonly loads: false; readonly reason: string }

export interface TrialInit {
  readonly modelPath: string
  readonly setup: ProviderSetup
  /** The child’s module; the one beside this when left out. */
  readonly module?: URL
  readonly timeoutMs?: number
}

/** TensorRT builds its engine at the first frame, which takes minutes; others are ready in seconds. */
const timeoutMs: Readonly<Partial<Record<RuntimeProvider, number>>> = { tensorrt: 600_000 }
const usualTimeoutMs = 60_000

/** Opens a session and runs frames in a child process of its own, for a limited time. Never rejects. */
export async function tryProvider(name: RuntimeProvider, init: TrialInit): Promise<ProviderTrial> {
  const missing = await missingPart(name)
  if (missing !== undefined) return { loads: false, reason: missing }
  const { accelerators, options } = init.setup
  const { cacheDir } = accelerators
  const order: TrialOrder = {
    modelPath: init.modelPath,
    provider: name,
    setup: { options, accelerators: cacheDir === undefined ? {} : { cacheDir } },
  }
  quietRuntime()
  const child = fork(init.module ?? siblingModule(import.meta.url, 'provider-trial'), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  return follow(child, order, init.timeoutMs ?? timeoutMs[name] ?? usualTimeoutMs)
}

function follow(child: ChildProcess, order: TrialOrder, limitMs: number): Promise<ProviderTrial> {
  return new Promise((resolve) => {
    let answer: TrialAnswer | undefined
    let complaint = ''
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, limitMs)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-8192)
    })
    child.on('message', (message) => {
      const parsed = TrialAnswer.safeParse(message)
      if (parsed.success) answer = parsed.data
    })
    const end = (how: string): void => {
      clearTimeout(timer)
      if (answer?.kind === 'ran') resolve({ loads: true, msPerFrame: answer.msPerFrame })
      else if (answer?.kind === 'failed') resolve(refused(answer.message, complaint))
      else if (isLate) resolve(refused(`it was not ready after ${limitMs / 1000} s`, complaint))
      else resolve(refused(how, complaint))
    }
    child.once('error', (error) => {
      end(`its trial could not be started: ${error.message}`)
    })
    // `close` comes when stderr is read as well, but a grandchild may hold that open.
    child.once('exit', (code, signal) => {
      setTimeout(() => {
        end(`its trial ended with ${signal ?? `code ${code ?? '?'}`} and no word`)
      }, 50)
    })
    child.send(order, () => undefined)
  })
}

function refused(message: string, complaint: string): ProviderTrial {
  const more = causeOf(complaint)
  const text = more === undefined || message.includes(more) ? message : `${message} (${more})`
  return { loads: false, reason: text.replace(/\s+/g, ' ').trim().slice(0, 600) }
}

/** Of what the runtime prints beside its error the part that names the cause. */
function causeOf(complaint: string): string | undefined {
  const line = complaint.split('\n').findLast((each) => /with error: |warning: |\[E:/i.test(each))
  // eslint-disable-next-line no-control-regex -- the runtime colours its lines
  const plain = line?.replace(/\u001b\[[0-9;]*m/g, '')
  return plain?.replace(/^.*with error: /, '').slice(0, 300)
}
