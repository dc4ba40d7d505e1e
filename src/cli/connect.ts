import { createClient, type EdgeClient } from '../client/index.ts'
import { loadSettings } from '../config/index.ts'
import type { Args } from './command.ts'

/** A client for the requester that flags, variables or config.yaml name. */
export function connect(args: Args): EdgeClient {
  const { values } = loadSettings({
    apiHost: args['apiHost'],
    apiPort: args['apiPort'],
    dataDir: args['dataDir'],
  })
  return createClient({
    host: values.apiHost,
    port: values.apiPort,
    ...(values.apiToken === undefined ? {} : { token: values.apiToken }),
  })
}
