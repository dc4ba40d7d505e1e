import { text } from 'node:stream/consumers'
import { createClient } from '../../client/index.ts'
import { profileBook } from '../../config/index.ts'
import { EdgeError } from '../../domain/index.ts'
import type { Args, Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { profileArgument } from './client-options.ts'
import { settingsOf } from './config-list.ts'

/** `edge profile save NAME`: keeps the address (and token) that flags, variables and config.yaml give now. */
export const profileSave: Command = {
  examples: [
    ['edge profile save north --api-host 10.0.0.5 --api-port 1234', 'an API that wants no token'],
    ['edge profile save north --token-stdin < token.txt', 'where the variables point to, with a token'],
  ],
  build: (yargs) =>
    profileArgument(yargs)
      .option('token', { type: 'string', describe: 'its token; others may see it in the list of processes' })
      .option('token-stdin', { type: 'boolean', describe: 'read the token from stdin' })
      .option('select', { type: 'boolean', describe: 'use it from now on' }),
  run: async (args, terminal) => {
    const { values } = settingsOf(args)
    const { apiHost: host, apiPort: port } = values
    const token = (await tokenOf(args)) ?? values.apiToken
    createClient({ host, port })
    const book = profileBook()
    const name = args['name'] as string
    await book.save(name, { host, port, ...(token === undefined ? {} : { token }) })
    if (args['select'] === true) await book.select(name)
    terminal.print(
      `Profile ${name} is ${host}:${String(port)}, ${token === undefined ? 'without' : 'with'} a token.`,
    )
    return exitCodes.done
  },
}

/** `edge profile select NAME`: the one that is used when nobody says otherwise. */
export const profileSelect: Command = {
  examples: [
    ['edge profile select north', 'from now on'],
    ['edge profile select --none', 'config.yaml and defaults again'],
  ],
  build: (yargs) =>
    yargs
      .positional('name', { type: 'string', describe: 'name of the profile' })
      .option('none', { type: 'boolean', describe: 'use no profile' }),
  run: async (args, terminal) => {
    const name = args['name'] as string | undefined
    if ((name === undefined) !== (args['none'] === true))
      throw new EdgeError('usage', 'name a profile, or say --none')
    const book = profileBook()
    await book.select(name)
    terminal.print(name === undefined ? 'No profile is selected.' : `Profile ${name} is selected.`)
    if (book.named !== undefined) terminal.note(`EDGE_PROFILE says ${book.named} and goes before it.`)
    return exitCodes.done
  },
}

/** `edge profile delete NAME`: forgets it and its token. */
export const profileDelete: Command = {
  examples: [['edge profile delete north', 'forget it and its token']],
  build: profileArgument,
  run: async (args, terminal) => {
    await profileBook().delete(args['name'] as string)
    terminal.print(`Profile ${args['name'] as string} is gone.`)
    return exitCodes.done
  },
}

async function tokenOf(args: Args): Promise<string | undefined> {
  if (args['tokenStdin'] !== true) return args['token'] as string | undefined
  if (args['token'] !== undefined)
    throw new EdgeError('usage', '--token and --token-stdin exclude each other')
  const token = (await text(process.stdin)).trim()
  if (token === '') throw new EdgeError('usage', '--token-stdin: there is no token on stdin')
  return token
}
