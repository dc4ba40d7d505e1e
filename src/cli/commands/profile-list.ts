import { profileBook, type Profile } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { listOptions, outputOption, printRows, printView, type Column } from '../output.ts'
import { EdgeError } from '../../domain/index.ts'

interface ProfileRow {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly hasToken: boolean
  /** It is the one that is used when nobody says otherwise. */
  readonly isCurrent: boolean
}

/** `edge profile list`: the APIs that have a name here; tokens are not shown. */
export const profileList: Command = {
  examples: [['edge profile list', 'every profile; * is the one in use']],
  build: listOptions,
  run: (args, terminal) => {
    const book = profileBook()
    const rows = [...book.all()].map(([name, profile]) => rowOf(name, profile, book.current))
    printRows(terminal, args, rows, columns)
    return Promise.resolve(exitCodes.done)
  },
}

/** `edge profile show [NAME]`: one of them; the one in use without a name. */
export const profileShow: Command = {
  examples: [['edge profile show north', 'where it is, and whether it has a token']],
  build: (yargs) =>
    outputOption(yargs).positional('name', { type: 'string', describe: 'a profile; the one in use' }),
  run: (args, terminal) => {
    const book = profileBook()
    const name =
      (args['name'] as string | undefined) ?? (args['profile'] as string | undefined) ?? book.current
    if (name === undefined)
      throw new EdgeError('usage', 'no profile is selected', {
        hint: 'Name one: `edge profile list` shows them all.',
      })
    const row = rowOf(name, book.profile(name), book.current)
    printView(terminal, args, row, () => ({
      name: row.name,
      api: `${row.host}:${String(row.port)}`,
      token: row.hasToken ? 'kept, not shown' : 'none',
      'in use': row.isCurrent,
      file: book.path,
    }))
    return Promise.resolve(exitCodes.done)
  },
}

function rowOf(name: string, { host, port, token }: Profile, current: string | undefined): ProfileRow {
  return { name, host, port, hasToken: token !== undefined, isCurrent: name === current }
}

const columns: readonly Column<ProfileRow>[] = [
  { title: ' ', text: ({ isCurrent }) => (isCurrent ? '*' : ' ') },
  { title: 'NAME', text: ({ name }) => name },
  { title: 'HOST', mayCut: true, text: ({ host }) => host },
  { title: 'PORT', text: ({ port }) => String(port) },
  { title: 'TOKEN', text: ({ hasToken }) => (hasToken ? 'yes' : 'no') },
]
