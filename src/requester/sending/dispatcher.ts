import type { NodeId } from '../../domain/index.ts'
import type { Fleet } from '../fleet/index.ts'
import type { Parts } from '../parts.ts'
import { NodeSender } from './node-sender.ts'

/** Sends the outbox: one sender a node, so that none waits for another node. */
export class Dispatcher {
  readonly #parts: Parts
  readonly #fleet: Fleet
  readonly #senders = new Map<NodeId, NodeSender>()
  #unlisten: readonly (() => void)[] = []

  constructor(parts: Parts, fleet: Fleet) {
    this.#parts = parts
    this.#fleet = fleet
  }

  start(): void {
    this.#unlisten = [
      this.#parts.journal.onCommitted(({ messages }) => {
        for (const { nodeId } of messages) this.#sender(nodeId).wake()
      }),
      this.#fleet.onEvent((event) => {
        if (event.kind === 'joined' || event.kind === 'standingChanged')
          this.#sender(event.node.id).wakeAnew()
      }),
    ]
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten()
    this.#unlisten = []
    this.#senders.clear()
  }

  #sender(nodeId: NodeId): NodeSender {
    const known = this.#senders.get(nodeId)
    if (known !== undefined) return known
    const sender = new NodeSender(this.#parts, this.#fleet, nodeId)
    this.#senders.set(nodeId, sender)
    this.#parts.tasks.run('send messages to a node', (signal) => sender.run(signal))
    return sender
  }
}
