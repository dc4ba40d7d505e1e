/**
 * The composition root: the only folder that sees everything. It builds the adapters that the settings ask for, wires
 * the daemons to them, and owns the order of starting and stopping.
 */
export { createLog } from './log.ts'
export { startNode, type RunningNode } from './start-node.ts'
export { connectionLines } from './connection-lines.ts'
export { examine } from './doctor.ts'
export type { Finding } from './finding.ts'
