import type { NodeInfo, Resources } from '../domain/index.ts'
import type { ComputeInit } from './init.ts'

type Told = Pick<
  ComputeInit,
  'info' | 'engines' | 'sources' | 'allowedPaths' | 'capacity' | 'devices' | 'maxConcurrent' | 'log'
>

/** What the node tells of itself when it joins: the engines that can run now, within the limits of the message. */
export async function nodeInfo(told: Told, free: Resources): Promise<NodeInfo> {
  const { info, engines, sources, allowedPaths = [], capacity, devices = [], maxConcurrent, log } = told
  const statuses = await Promise.all(
    engines.map(async (engine) => ({ type: engine.type, status: await engine.status() })),
  )
  for (const { type, status } of statuses) {
    if (!status.available) log.warn({ engine: type, detail: status.detail }, 'an engine is not available')
  }
  return {
    ...info,
    engines: statuses
      .filter(({ status }) => status.available)
      .map(({ type, status }) => ({ type, detail: status.detail.slice(0, 200) })),
    sources: sources.map(({ type }) => type),
    capacity,
    free,
    allowedPaths: allowedPaths.slice(0, 256),
    maxConcurrent,
    devices: devices.slice(0, 256),
  }
}
