import { join } from 'node:path'
import type Docker from 'dockerode'
import { isWithin, normalPath, placeClashes } from '../../domain/index.ts'
import type { JobSpec } from '../../domain/index.ts'
import type { EngineWork } from '../../ports/index.ts'

/** The system’s own; an engine would refuse them late and unclearly, or let the container change what it must not. */
const reserved = ['/proc', '/sys', '/dev']
const reservedItself = ['/', '/etc', '/tmp', '/run', '/bin', '/sbin', '/lib', '/lib64', '/usr']
/** Beside the outputs in a result: where events lie when the outputs are published too. */
export const eventsFolder = 'events'
const names = new Set(['engine.json', eventsFolder])

/** Why inputs and outputs cannot be laid out in a container as asked; undefined when they can. */
export function layoutProblem({ inputs, outputs }: Pick<JobSpec, 'inputs' | 'outputs'>): string | undefined {
  const places = [
    ...inputs.map(({ target }) => ({ what: `the input at ${target}`, path: target })),
    ...outputs.map(({ name, path }) => ({ what: `the output ${name} at ${path}`, path })),
  ]
  for (const { what, path } of places) {
    const at = normalPath(path)
    if (reservedItself.includes(at) || reserved.some((folder) => isWithin(at, folder)))
      return `${what} would hide a folder of the container’s system`
  }
  const [clash] = placeClashes(places)
  if (clash?.other !== undefined) return `${clash.place.what} and ${clash.other.what} overlap`
  for (const [index, { name }] of outputs.entries()) {
    if (names.has(name)) return `an output must not be called ${name}`
    if (outputs.slice(0, index).some((other) => other.name === name)) return `two outputs are called ${name}`
  }
  return undefined
}

/** Where an output lies on this machine. */
export function outputFolder(
  { outputsDir, resultDir }: Pick<EngineWork, 'outputsDir' | 'resultDir'>,
  name: string,
): string {
  return name === 'outputs' ? outputsDir : join(resultDir, name)
}

const scratchBytes = 256 * 2 ** 20

/**
 * Inputs as they were prepared, outputs as folders of the result, /tmp in memory. Folders that the image declares as
 * volumes are covered by empty ones in memory: a volume would be writable without limit and belong to nobody.
 */
export function containerMounts(
  work: Pick<EngineWork, 'spec' | 'inputs' | 'outputsDir' | 'resultDir'>,
  volumes: readonly string[],
): Docker.MountSettings[] {
  const binds = [
    ...work.inputs.map(({ hostPath, target, readOnly }) => bind(hostPath, target, readOnly)),
    ...work.spec.outputs.map(({ name, path }) => bind(outputFolder(work, name), path, false)),
  ]
  const taken = binds.map(({ Target }) => Target)
  const covered = volumes.map(normalPath).filter((path) => path !== '/tmp' && !taken.includes(path))
  return [...binds, memory('/tmp'), ...covered.map(memory)]
}

function bind(source: string, target: string, isReadOnly: boolean): Docker.MountSettings {
  return {
    Type: 'bind',
    Source: source,
    Target: normalPath(target),
    ReadOnly: isReadOnly,
    BindOptions: { Propagation: 'rprivate' },
  }
}

function memory(target: string): Docker.MountSettings {
  return {
    Type: 'tmpfs',
    Source: '',
    Target: target,
    TmpfsOptions: { SizeBytes: scratchBytes, Mode: 0o1777 },
  }
}
