import type { Settings } from '../config/index.ts'
import type { Log, Network, Startable } from '../ports/index.ts'

/** What both daemons are built from. `run` starts a part now and stops it with the node. */
export interface PartContext {
  readonly settings: Settings
  readonly network: Network
  readonly name: string
  readonly log: Log
  readonly newId: () => string
  readonly run: <Part extends Startable>(part: Part) => Promise<Part>
}
