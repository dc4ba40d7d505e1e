import { EdgeError } from '../../domain/index.ts'

export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'http'; readonly host: string; readonly port: number }

const local = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

/**
 * `unix:///path` or `tcp://127.0.0.1:2375`, as in DOCKER_HOST. An engine on another machine would mount that machine’s
 * folders in place of this one’s, so it is refused (`config_invalid`).
 */
export function parseEngineAddress(text: string): EngineAddress {
  if (text.startsWith('unix://') && text.length > 'unix://'.length)
    return { kind: 'socket', path: text.slice('unix://'.length) }
  if (!text.startsWith('tcp://'))
    throw invalid(text, 'is neither unix:///path/to/docker.sock nor tcp://127.0.0.1:PORT')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.port === '') throw invalid(text, 'names no host and port')
  if (!local.has(url.hostname)) {
    throw invalid(text, 'is another machine: containers would see its folders, not those of this node')
  }
  return { kind: 'http', host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port) }
}

function invalid(text: string, what: string): EdgeError {
  return new EdgeError('config_invalid', `the Docker engine’s address ${JSON.stringify(text)} ${what}`)
}
