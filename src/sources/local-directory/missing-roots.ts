import type { AllowList } from './allow-list.ts'
import { canonicalPath, isSystemError } from './paths.ts'

/** The entries whose root is not there (yet): worth a warning at start, not an error, a disk may be mounted later. */
export async function missingRoots(allowList: AllowList): Promise<AllowList> {
  const exists = await Promise.all(
    allowList.map(async ({ root }) => {
      try {
        return (await canonicalPath(root)).exists
      } catch (error) {
        if (isSystemError(error)) return false
        throw error
      }
    }),
  )
  return allowList.filter((_, index) => exists[index] !== true)
}
