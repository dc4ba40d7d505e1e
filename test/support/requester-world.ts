import { randomUUID } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import { MemoryBlockStore } from '../../src/content/index.ts'
import type { ExecutionState, JobSpecInput, JobState, JobView } from '../../src/domain/index.ts'
import { createMemoryHub, type MemoryHub } from '../../src/network/index.ts'
import type { Clock, Network, Orchestrator, RequesterStore, Startable } from '../../src/ports/index.ts'
import { createRequester, type Membership, type Timings } from '../../src/requester/index.ts'
import { createMemoryRequesterStore } from '../../src/stores/index.ts'
import { eventually } from './eventually.ts'
import { ManualClock } from './manual-clock.ts'
import { QuietLog } from './quiet-log.ts'
import { nodeIdOf, specOf } from './records.ts'
import { ScriptedNode, type Script } from './scripted-node.ts'

export interface WorldInit {
  readonly membership?: Membership
  readonly timings?: Partial<Timings>
  readonly store?: RequesterStore
}

/** A requester with the real memory store and network, scripted nodes, and time that stands still until told to pass. */
export class RequesterWorld {
  readonly clock = new ManualClock()
  readonly hub: MemoryHub = createMemoryHub({ clock: this.clock })
  readonly store: RequesterStore
  readonly blocks = new MemoryBlockStore()
  readonly log = new QuietLog()
  readonly id = nodeIdOf('req')
  readonly nodes: ScriptedNode[] = []
  readonly #init: WorldInit
  #sleeping = 0
  #network: Network | undefined
  #requester: (Startable & { readonly orchestrator: Orchestrator }) | undefined

  /** Not started yet; stopped when the test is over. */
  constructor(init: WorldInit = {}) {
    this.#init = init
    this.store = init.store ?? createMemoryRequesterStore()
    onTestFinished(async () => {
      for (const node of this.nodes) await node.disconnect()
      await this.stop()
      await this.store.stop()
      expect(this.#sleeping, 'no timer is left').toBe(0)
      expect(this.log.lines.filter(({ level }) => level === 'error')).toEqual([])
    })
  }

  get requester(): Orchestrator {
    if (this.#requester === undefined) throw new Error('the requester is not started')
    return this.#requester.orchestrator
  }

  /** A new requester, with nothing in memory, on the same store. */
  async start(): Promise<this> {
    await this.store.start()
    this.#network = this.hub.network(this.id)
    this.#requester = createRequester({
      store: this.store,
      network: this.#network,
      blocks: this.blocks,
      clock: this.#counted(),
      log: this.log,
      newId: randomUUID,
      random: () => 0.5,
      membership: this.#init.membership ?? { mode: 'open' },
      timings: this.#init.timings ?? {},
    })
    await this.#requester.start()
    await this.#network.start()
    return this
  }

  async stop(): Promise<void> {
    await this.#requester?.stop()
    await this.#network?.stop()
    this.#requester = undefined
    this.#network = undefined
  }

  /** Stops and starts the same requester, while the links stay. */
  async pause(): Promise<void> {
    await this.#requester?.stop()
    await this.#requester?.start()
  }

  /** The nodes’ links find the new one; resolves when all that are connected have joined again. */
  async restart(): Promise<void> {
    await this.stop()
    const joins = this.nodes.map(({ joins: before }) => before)
    await this.start()
    await eventually(() => this.nodes.every((node, index) => node.isCut || node.joins > (joins[index] ?? 0)))
  }

  /** A connected node. */
  async node(name: string, script: Script = {}): Promise<ScriptedNode> {
    const node = new ScriptedNode(nodeIdOf(name), name, script)
    this.nodes.push(node)
    await this.connect(node)
    return node
  }

  async connect(node: ScriptedNode): Promise<void> {
    const { joins } = node
    await node.connect(this.hub.network(node.id), this.id)
    await eventually(() => node.joins > joins)
  }

  cut(node: ScriptedNode): void {
    node.isCut = true
    this.hub.cut(this.id, node.id)
  }

  async heal(node: ScriptedNode): Promise<void> {
    const { joins } = node
    node.isCut = false
    this.hub.heal(this.id, node.id)
    await eventually(() => node.joins > joins)
  }

  async submit(spec: Partial<JobSpecInput> = {}): Promise<JobView> {
    return (await this.requester.submit(specOf(spec))).job
  }

  /** Resolves with the job once it is in one of these states. */
  until(job: { readonly id: string }, ...states: readonly JobState[]): Promise<JobView> {
    return eventually(async () => {
      const view = await this.requester.job(job.id)
      if (states.includes(view.state)) return view
      throw new Error(`the job is ${view.state}: ${JSON.stringify(statesOf(view))}`)
    })
  }

  /** Resolves with the job once its executions are, by name of node and in order of attempts, in these states. */
  untilExecutions(
    job: { readonly id: string },
    states: Readonly<Record<string, readonly ExecutionState[]>>,
  ): Promise<JobView> {
    return eventually(async () => {
      const view = await this.requester.job(job.id)
      if (JSON.stringify(statesOf(view)) === JSON.stringify(states)) return view
      throw new Error(`the job is ${view.state}: ${JSON.stringify(statesOf(view))}`)
    })
  }

  /** As `untilExecutions`, while time passes: for what comes about by pauses that begin nobody knows when. */
  passUntilExecutions(
    job: { readonly id: string },
    states: Readonly<Record<string, readonly ExecutionState[]>>,
  ): Promise<void> {
    return eventually(async () => {
      const view = await this.requester.job(job.id)
      if (JSON.stringify(statesOf(view)) === JSON.stringify(states)) return true
      await this.pass(1000)
      throw new Error(`the job is ${view.state}: ${JSON.stringify(statesOf(view))}`)
    }).then(() => undefined)
  }

  /** The clock, with a count of who sleeps by it. */
  #counted(): Clock {
    const { clock } = this
    return {
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms, options) => {
        this.#sleeping += 1
        try {
          await clock.sleep(ms, options)
        } finally {
          this.#sleeping -= 1
        }
      },
    }
  }

  /** Time passes, and all nodes that are not cut off send heartbeats. */
  async pass(ms: number, stepMs = 1000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(left, stepMs))
      for (const node of this.nodes) if (!node.isCut) await node.beat()
    }
  }
}

/** States by name of node, names in order, attempts in order. */
export function statesOf({ executions }: JobView): Record<string, ExecutionState[]> {
  const states: Record<string, ExecutionState[]> = {}
  const ordered = [...executions].sort((a, b) =>
    a.nodeName < b.nodeName ? -1 : a.nodeName > b.nodeName ? 1 : a.attempt - b.attempt,
  )
  for (const { nodeName, state } of ordered) (states[nodeName] ??= []).push(state)
  return states
}

/** A started world. */
export function startWorld(init: WorldInit = {}): Promise<RequesterWorld> {
  return new RequesterWorld(init).start()
}
