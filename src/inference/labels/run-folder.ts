import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import { errnoOf } from '../../utils/errno.ts'

const mostRuns = 10_000

/** Makes the folder of a run: `<project>/<name>`, or the first free of `<name>2`, `<name>3`, ... unless it may exist. */
export async function makeRunFolder(
  project: string,
  name: string,
  { mayExist }: { readonly mayExist: boolean },
): Promise<string> {
  if (mayExist) {
    await mkdir(join(project, name), { recursive: true })
    return join(project, name)
  }
  await mkdir(project, { recursive: true })
  for (let number = 1; number < mostRuns; number++) {
    const folder = join(project, number === 1 ? name : `${name}${number}`)
    try {
      await mkdir(folder)
      return folder
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
  throw new EdgeError('output_exists', `${join(project, name)} has been used ${mostRuns} times`, {
    hint: 'Give another --name, or --exist-ok.',
  })
}
