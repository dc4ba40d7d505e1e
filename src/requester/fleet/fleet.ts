import { isDeepStrictEqual } from 'node:util'
import {
  EdgeError,
  type ExecutionId,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type JoinRequest,
  type JoinResponse,
  type NodeId,
  type NodeRecord,
  type Progress,
} from '../../domain/index.ts'
import type { Log, PeerEvent } from '../../ports/index.ts'
import type { Parts } from '../parts.ts'
import type { NodeSight } from '../planner/index.ts'
import { Lanes } from '../running/index.ts'
import { endLostExecutions } from './data-loss.ts'
import { joinedRecord } from './joined-record.ts'
import { labelsOf } from './labels.ts'
import { massSilenceSince } from './mass-silence.ts'
import { Member } from './member.ts'
import { approvalOf, reasonOf, type Membership } from './membership.ts'
import { uniqueName } from './unique-name.ts'

/** News of the fleet, after it is on disk. */
export type FleetEvent =
  | { readonly kind: 'joined' | 'disconnected' | 'standingChanged'; readonly node: NodeRecord }
  | { readonly kind: 'massSilenceChanged'; readonly isSilent: boolean }
  | { readonly kind: 'progressed'; readonly executionId: ExecutionId; readonly progress: Progress }

type Listener = (event: FleetEvent) => void

/** Who belongs to the fleet, who is there now, and what they have free. */
export class Fleet {
  readonly #parts: Parts
  readonly #membership: Membership
  readonly #log: Log
  readonly #members = new Map<NodeId, Member>()
  readonly #lanes = new Lanes<NodeId>()
  readonly #listeners = new Set<Listener>()
  #startedAtMs = 0
  #sweptAtMs = 0
  #isSilent = false
  #unlisten: (() => void) | undefined

  constructor(parts: Parts, membership: Membership) {
    this.#parts = parts
    this.#membership = membership
    this.#log = parts.log.child({ part: 'fleet' })
  }

  /** Knows all nodes of the store, as not connected yet: each gets a fresh time of grace. */
  async start(): Promise<void> {
    const { store, clock, network } = this.#parts
    this.#startedAtMs = clock.monotonicMs()
    this.#sweptAtMs = this.#startedAtMs
    this.#members.clear()
    for (const record of await store.nodes()) {
      this.#members.set(record.id, new Member(record, this.#startedAtMs))
    }
    this.#isSilent = this.massSilenceMs() !== undefined
    network.setGate((peer) => this.isApproved(peer))
    this.#unlisten = network.onPeer((event) => {
      this.#onPeer(event)
    })
  }

  stop(): void {
    this.#unlisten?.()
    this.#unlisten = undefined
  }

  /** Listeners must not throw. Returns the way to stop listening. */
  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  member(id: NodeId): Member | undefined {
    return this.#members.get(id)
  }

  members(): readonly Member[] {
    return [...this.#members.values()]
  }

  isApproved(id: NodeId): boolean {
    return this.#members.get(id)?.record.approval === 'approved'
  }

  isConnected(id: NodeId): boolean {
    return this.#members.get(id)?.connectivity === 'connected'
  }

  /** All nodes as the planner wants them; times on the scale of the given wall time. */
  sights(nowMs: number): readonly NodeSight[] {
    const monotonicMs = this.#parts.clock.monotonicMs()
    return this.members().map(({ record, free, connectivity, disconnectedSinceMs }) => ({
      record: { ...record, info: { ...record.info, free, labels: labelsOf(record) } },
      connectivity,
      ...(connectivity === 'disconnected'
        ? { disconnectedSinceMs: nowMs - (monotonicMs - disconnectedSinceMs) }
        : {}),
    }))
  }

  /** For how long most nodes have been silent together, or this requester has been up too shortly to have heard of them. */
  massSilenceMs(): number | undefined {
    const { clock, timings } = this.#parts
    const nowMs = clock.monotonicMs()
    const approved = this.members().filter(({ record }) => record.approval === 'approved')
    const silent = approved.filter(({ connectivity }) => connectivity === 'disconnected')
    const isFresh = nowMs - this.#startedAtMs < 2 * timings.disconnectedMs
    if (isFresh && silent.some((member) => !member.hasBeenHeard)) return nowMs - this.#startedAtMs
    const sinceMs = massSilenceSince({
      sinceMs: silent.map((member) => member.disconnectedSinceMs),
      nodes: approved.length,
      windowMs: timings.massSilenceWindowMs,
    })
    return sinceMs === undefined ? undefined : nowMs - sinceMs
  }

  /** Whatever changes a node’s record or its report cursor happens in its lane. */
  inLane<T>(id: NodeId, work: () => Promise<T>): Promise<T> {
    return this.#lanes.run(id, work)
  }

  join(peer: NodeId, request: JoinRequest): Promise<JoinResponse> {
    return this.inLane(peer, async () => {
      const { store, clock, timings } = this.#parts
      const known = await store.node(peer)
      const isNewData = known !== undefined && known.dataEpoch !== request.dataEpoch
      if (isNewData) {
        const executions = await endLostExecutions(this.#parts, peer)
        this.#log.warn({ nodeId: peer, executions }, 'a node came back with a new data directory')
      }
      const record = this.#recordOf(peer, request, isNewData ? { ...known, ackedReportSeq: 0 } : known)
      await store.putNode(record)
      if (record.ackedReportSeq > request.lastReportSeq) {
        const { ackedReportSeq } = record
        const { lastReportSeq } = request
        this.#log.error({ nodeId: peer, ackedReportSeq, lastReportSeq }, 'a node has forgotten reports')
      }
      const member = this.#members.get(peer) ?? new Member(record, clock.monotonicMs())
      this.#members.set(peer, member)
      member.join(record, clock.monotonicMs())
      this.#log.info({ nodeId: peer, name: record.info.name, approval: record.approval }, 'a node joined')
      this.#tell({ kind: 'joined', node: record })
      const reason = reasonOf(record.approval, request)
      return {
        approval: record.approval,
        ...(reason === undefined ? {} : { reason }),
        ackedReportSeq: record.ackedReportSeq,
        heartbeatIntervalMs: timings.heartbeatMs,
      }
    })
  }

  heartbeat(peer: NodeId, request: HeartbeatRequest): HeartbeatResponse {
    const member = this.#members.get(peer)
    if (member?.hasBeenHeard !== true || member.record.bootId !== request.bootId) {
      return { approval: member?.record.approval ?? 'pending', rejoin: true }
    }
    // A node that was called silent says by joining what it missed.
    const rejoin = member.connectivity === 'disconnected'
    for (const [executionId, progress] of member.beat(request, this.#parts.clock.monotonicMs())) {
      this.#tell({ kind: 'progressed', executionId, progress })
    }
    return { approval: member.record.approval, rejoin }
  }

  /** What a person decides about a node; durable when it resolves. Throws `node_not_found`. */
  change(id: NodeId, changed: (record: NodeRecord) => NodeRecord): Promise<void> {
    return this.inLane(id, async () => {
      const { store, clock } = this.#parts
      const member = this.#members.get(id)
      const known = await store.node(id)
      if (known === undefined || member === undefined)
        throw new EdgeError('node_not_found', `there is no node ${id}`)
      const record = changed(known)
      if (isDeepStrictEqual(record, known)) return
      await store.putNode(record)
      // Until it was approved it could not send heartbeats.
      if (record.approval !== known.approval) member.lastHeardMs = clock.monotonicMs()
      member.record = record
      const { approval, duty } = record
      this.#log.info({ nodeId: id, name: record.info.name, approval, duty }, 'the standing of a node changed')
      this.#tell({ kind: 'standingChanged', node: record })
    })
  }

  /** Forgets a node that is not there. Throws `node_not_found`, and `state_conflict` for one that is connected. */
  remove(id: NodeId): Promise<void> {
    return this.inLane(id, async () => {
      const member = this.#members.get(id)
      if (member === undefined) throw new EdgeError('node_not_found', `there is no node ${id}`)
      const { name } = member.record.info
      if (member.connectivity === 'connected') {
        throw new EdgeError('state_conflict', `node ${name} is connected: it would join again at once`, {
          hint: 'Stop the node first; `edge node reject` keeps it out for good.',
        })
      }
      await this.#parts.store.removeNode(id)
      this.#members.delete(id)
      this.#log.info({ nodeId: id, name }, 'a node was forgotten')
      this.#tell({ kind: 'standingChanged', node: member.record })
    })
  }

  /** Called every tick: finds who has fallen silent. */
  sweep(): void {
    const { clock, timings, network } = this.#parts
    const nowMs = clock.monotonicMs()
    // After a pause of this process the heartbeats still lie unread: nobody is to blame.
    const wasPaused = nowMs - this.#sweptAtMs > Math.max(5 * timings.tickMs, timings.disconnectedMs / 2)
    this.#sweptAtMs = nowMs
    for (const member of this.#members.values()) {
      if (member.connectivity === 'disconnected') continue
      const isLinked = member.record.approval !== 'approved' && network.isConnected(member.record.id)
      if (wasPaused || isLinked) member.lastHeardMs = nowMs
      if (nowMs - member.lastHeardMs > timings.disconnectedMs) this.#disconnect(member, 'no heartbeat came')
    }
    const isSilent = this.massSilenceMs() !== undefined
    if (isSilent === this.#isSilent) return
    this.#isSilent = isSilent
    if (isSilent) this.#log.warn({}, 'most nodes are silent at once; nothing is decided about them')
    this.#tell({ kind: 'massSilenceChanged', isSilent })
  }

  #onPeer({ peer, connected }: PeerEvent): void {
    const member = this.#members.get(peer)
    if (connected || member?.connectivity !== 'connected') return
    this.#disconnect(member, 'the connection broke')
  }

  #disconnect(member: Member, why: string): void {
    const { clock, store, tasks, nowMs } = this.#parts
    member.disconnect(clock.monotonicMs())
    const { record } = member
    this.#log.warn({ nodeId: record.id, name: record.info.name, why }, 'a node is disconnected')
    this.#tell({ kind: 'disconnected', node: record })
    const lastSeenAtMs = nowMs() - Math.round(clock.monotonicMs() - member.lastHeardMs)
    tasks.run('keep when a node was last seen', () =>
      this.inLane(record.id, async () => {
        const kept = await store.node(record.id)
        if (kept === undefined || kept.lastSeenAtMs >= lastSeenAtMs) return
        await store.putNode({ ...kept, lastSeenAtMs })
        member.record = { ...member.record, lastSeenAtMs }
      }),
    )
  }

  #recordOf(id: NodeId, request: JoinRequest, known: NodeRecord | undefined): NodeRecord {
    const isTaken = (name: string): boolean =>
      this.members().some(
        ({ record, connectivity }) =>
          record.id !== id &&
          record.info.name === name &&
          record.approval === 'approved' &&
          connectivity === 'connected',
      )
    const name = uniqueName(request.info.name, id, isTaken)
    const approval = approvalOf(this.#membership, known?.approval, request)
    return joinedRecord({ id, name, approval, request, known, nowMs: this.#parts.nowMs() })
  }

  #tell(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
