import { readFile, realpath } from 'node:fs/promises'
import { EdgeError, isWithin } from '../../domain/index.ts'
import type { EngineWork } from '../../ports/index.ts'
import { parseEngineAddress } from './engine-address.ts'

/**
 * Looks at inputs as they are now, just before they are mounted. Throws `path_not_allowed` for the engine’s own socket,
 * with which a container could do anything, and for a read-only folder in which something else is mounted: older engines
 * leave that writable.
 */
export async function checkSources(address: string, { inputs }: Pick<EngineWork, 'inputs'>): Promise<void> {
  const engine = parseEngineAddress(address)
  const socket = engine.kind === 'socket' ? await realpath(engine.path).catch(() => engine.path) : undefined
  const mounted = await mountPoints()
  for (const { hostPath, readOnly } of inputs) {
    if ((await realpath(hostPath)) !== hostPath)
      throw refused(hostPath, 'is another place than it was when it was admitted')
    if (socket !== undefined && isWithin(socket, hostPath))
      throw refused(hostPath, 'holds the Docker engine’s socket')
    const inner = readOnly ? mounted.find((path) => path !== hostPath && isWithin(path, hostPath)) : undefined
    if (inner !== undefined) throw refused(hostPath, `has another file system mounted in it, at ${inner}`)
  }
}

function refused(path: string, why: string): EdgeError {
  return new EdgeError('path_not_allowed', `${path} ${why}`, {
    hint: 'Name the folder itself, not one above it.',
  })
}

/** Field 5 of each line, with \ooo for spaces and the like (proc(5)). */
async function mountPoints(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return []
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  return lines.flatMap((line) => {
    const path = line.split(' ')[4]
    return path === undefined
      ? []
      : [path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))]
  })
}
