import { EdgeError } from '../../domain/index.ts'
import type { Reason } from '../../domain/index.ts'
import type { EngineOutcome, EngineWork } from '../../ports/index.ts'
import { killedExitCode } from './await-exit.ts'
import type { Exit } from './await-exit.ts'
import { measureFolders } from './outputs-size.ts'

/** What a container’s end means. Throws `engine_crashed` when somebody else than the work or the node ended it. */
export async function outcomeOf(
  work: EngineWork,
  exit: Exit,
  exceededBytes: number | undefined,
): Promise<EngineOutcome> {
  const { State } = exit.facts
  const sums = { ...(await scanned(work)), scannedSeconds: 0, events: 0, clips: 0 }
  const failed = (reason: Reason): EngineOutcome => ({
    exitCode: State.ExitCode || killedExitCode,
    reason,
    ...sums,
  })
  if (exceededBytes !== undefined) {
    const message = `its outputs grew beyond ${exceededBytes} bytes, or beyond what can be counted, and it was stopped`
    return failed({ code: 'limit_exceeded', message })
  }
  if (exit.isOutOfMemory) {
    const message = `it wanted more than ${work.spec.resources.memoryBytes} bytes of memory, and the kernel killed a process of it`
    return failed({ code: 'out_of_memory', message })
  }
  if (exit.killedBy !== undefined)
    throw new EdgeError('engine_crashed', `the container was ended from outside (signal ${exit.killedBy})`)
  if (exit.wasEngineDown && State.ExitCode === killedExitCode)
    throw new EdgeError('engine_crashed', 'the container died with the Docker engine')
  if (exit.isUnexplained)
    throw new EdgeError('engine_crashed', 'the container ended while node and Docker engine were away')
  return { exitCode: State.ExitCode, ...sums }
}

async function scanned({ inputs }: EngineWork): Promise<{ scannedFiles: number; scannedBytes: number }> {
  let scannedFiles = 0
  let scannedBytes = 0
  for (const { hostPath } of inputs) {
    const { files, heldBytes } = await measureFolders([hostPath], Infinity)
    scannedFiles += files
    scannedBytes += heldBytes
  }
  return { scannedFiles, scannedBytes }
}
