import { readFile, readdir } from 'node:fs/promises'

/** A process of this machine (Linux: read from /proc). */
export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly command: string
}

/** Processes whose command line holds `text`, zombies left out. */
export async function runningProcesses(text: string): Promise<readonly RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(describe))
  return found.filter((process) => process?.command.includes(text) === true) as readonly RunningProcess[]
}

/** Children of a process, theirs, and so on; zombies left out. */
export async function descendants(ancestor: number): Promise<readonly RunningProcess[]> {
  const all = await runningProcesses('')
  const below = (parent: number): readonly RunningProcess[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...below(child.pid)])
  return below(ancestor)
}

export async function isRunning(pid: number): Promise<boolean> {
  return (await describe(pid)) !== undefined
}

async function describe(pid: number): Promise<RunningProcess | undefined> {
  try {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in parentheses that may hold anything.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || command === ''
      ? undefined
      : { pid, parent: Number(parent), group: Number(group), command }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
