import { z } from 'zod'
import type { ExecutionId } from '../../domain/index.ts'

/** What a container says of itself, so that a node finds its own again. */
export const labelNames = {
  execution: 'edge.execution',
  job: 'edge.job',
  node: 'edge.node',
  /** Bytes of stdout and stderr that were in the result when the container was made. */
  logBase: 'edge.log-base',
  /** Ids of the accelerators that it was given. */
  devices: 'edge.devices',
} as const

export interface LogBase {
  readonly stdout: number
  readonly stderr: number
}

const LogBaseText = z.string().regex(/^\d{1,15},\d{1,15}$/)

export function logBaseText({ stdout, stderr }: LogBase): string {
  return `${stdout},${stderr}`
}

/** What `logBaseText` wrote; zeros for anything else. */
export function parseLogBase(text: string | undefined): LogBase {
  const { data } = LogBaseText.safeParse(text)
  const [stdout = 0, stderr = 0] = data?.split(',').map(Number) ?? []
  return { stdout, stderr }
}

export function devicesText(ids: readonly string[]): string {
  return ids.join(' ')
}

export function parseDevices(text: string | undefined): readonly string[] {
  return (text ?? '').split(' ').filter((id) => id !== '')
}

/** The one name that a container of this execution can have. */
export function containerName(id: ExecutionId): string {
  return `edge-${id}`
}
