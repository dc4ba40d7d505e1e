/** A promise with its handles (Promise.withResolvers, which the ES2023 library does not have). */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: Error) => void
}

export function defer<T>(): Deferred<T> {
  let handles: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (handles = { resolve, reject }))
  if (handles === undefined) throw new TypeError('a promise runs its executor at once')
  return { promise, ...handles }
}
