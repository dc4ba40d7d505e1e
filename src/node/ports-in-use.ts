import { createServer } from 'node:net'

/**
 * The port to listen on: the wanted one, or 0 (any free one) when that is taken and the caller may move. Where it may not
 * move the wanted port is returned untested, so that the listener itself reports who asked for it.
 */
export async function choosePort(host: string, wanted: number, mayMove: boolean): Promise<number> {
  if (!mayMove || wanted === 0) return wanted
  return (await isFree(host, wanted)) ? wanted : 0
}

/** True when a listener could be opened there just now. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
