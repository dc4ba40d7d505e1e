/** Ends every `switch` over a union: the compiler proves it is not reached. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected ${JSON.stringify(value)}`)
}
