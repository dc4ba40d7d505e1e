import { EdgeError } from '../../../domain/index.ts'
import type { ExecutionId } from '../../../domain/index.ts'
import type { Abortable, EngineWork } from '../../../ports/index.ts'
import { labelNames, parseDevices } from '../container-labels.ts'
import type { EngineApi } from '../engine-api.ts'
import type { Accelerator } from './accelerator.ts'
import { chooseAccelerators } from './choose-accelerators.ts'

interface ClaimsInit {
  readonly api: EngineApi
  readonly nodeId: string
  readonly accelerators: readonly Accelerator[]
}

/** Which accelerators are whose: each is one job’s at a time, that of a container from an earlier life of the node too. */
export class DeviceClaims {
  readonly #init: ClaimsInit
  readonly #held = new Map<ExecutionId, readonly string[]>()

  constructor(init: ClaimsInit) {
    this.#init = init
  }

  /** Throws `container_refused` when too few are free. */
  async claim(
    { executionId, spec: { resources } }: Pick<EngineWork, 'executionId' | 'spec'>,
    options: Abortable,
  ): Promise<readonly Accelerator[]> {
    if (resources.gpu === 0 && resources.devices.length === 0) return []
    const { api, nodeId, accelerators } = this.#init
    const listed = await api.list({ [labelNames.node]: nodeId }, options)
    const taken = new Set([
      ...listed
        .filter(({ Labels }) => Labels?.[labelNames.execution] !== executionId)
        .flatMap(({ Labels }) => parseDevices(Labels?.[labelNames.devices])),
      ...[...this.#held].flatMap(([id, ids]) => (id === executionId ? [] : ids)),
    ])
    const choice = chooseAccelerators(
      accelerators.filter(({ id }) => !taken.has(id)),
      resources,
    )
    if (!choice.ok)
      throw new EdgeError('container_refused', `of the accelerators that are free now, ${choice.missing}`)
    this.#held.set(
      executionId,
      choice.chosen.map(({ id }) => id),
    )
    return choice.chosen
  }

  release(id: ExecutionId): void {
    this.#held.delete(id)
  }
}
