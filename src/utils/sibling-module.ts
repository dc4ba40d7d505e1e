import { extname } from 'node:path'

/**
 * The URL of a module beside the caller’s, for workers and child processes: `siblingModule(import.meta.url, 'worker')`
 * is worker.ts in a checkout run from source and worker.js in what `tsc` built.
 */
export function siblingModule(callerUrl: string, name: string): URL {
  return new URL(`./${name}${extname(new URL(callerUrl).pathname)}`, callerUrl)
}
