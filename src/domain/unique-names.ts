import type { z } from 'zod'

/** A refinement of a list: no two of its parts have the same name. */
export function uniqueNames(what: string) {
  return (places: readonly { readonly name: string }[], context: z.RefinementCtx): void => {
    for (const [index, { name }] of places.entries()) {
      const first = places.findIndex((other) => other.name === name)
      if (first === index) continue
      const message = `the ${what} ${first + 1} of the list is called ${name} too`
      context.addIssue({ code: 'custom', path: [index, 'name'], message })
    }
  }
}
