import { readFile, stat } from 'node:fs/promises'
import { EdgeError } from '../../domain/index.ts'
import type { PreparedInput } from '../../ports/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import type { ContainerFacts } from './engine-api.ts'

/** What an input was when it was last looked at: the file system’s own name of it. */
export interface InputIdentity {
  readonly input: PreparedInput
  readonly dev: bigint
  readonly ino: bigint
}

export async function inputIdentities(inputs: readonly PreparedInput[]): Promise<readonly InputIdentity[]> {
  return Promise.all(
    inputs.map(async (input) => {
      const { dev, ino } = await stat(input.hostPath, { bigint: true })
      return { input, dev, ino }
    }),
  )
}

/**
 * Looks into a running container whether it sees the very folders that were admitted: an engine resolves paths anew when
 * it mounts them, and somebody may have put a link in the way since. Throws `path_not_allowed`. Nothing is said where this
 * process may not look (Linux shows it to root and to the same user), or when the container has ended already.
 */
export async function checkMounted(
  { Id, State }: ContainerFacts,
  identities: readonly InputIdentity[],
): Promise<void> {
  const process = `/proc/${State.Pid}`
  const groups = await readFile(`${process}/cgroup`, 'utf8').catch(unseen)
  // Numbers of processes mean nothing across namespaces.
  if (groups?.includes(Id) !== true) return
  for (const { input, dev, ino } of identities) {
    const seen = await stat(`${process}/root${input.target}`, { bigint: true }).catch(unseen)
    if (seen === undefined || (seen.dev === dev && seen.ino === ino)) continue
    throw new EdgeError('path_not_allowed', `${input.hostPath} became another place while it was mounted`)
  }
}

function unseen(error: unknown): undefined {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}
