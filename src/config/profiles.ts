import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { EdgeError } from '../domain/index.ts'
import { closest } from '../utils/closest.ts'
import { replaceKeepingMode } from './config-file.ts'
import { readIfThere } from './read-if-there.ts'

const ProfileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name of letters, digits, . _ -, at most 63')

/** An API that has a name here: where it is, and the token that it wants, if any. A profile without a token sends none. */
const Profile = z.strictObject({
  host: z.string().min(1).max(4096),
  port: z.int().min(0).max(65_535),
  token: z.string().min(1).max(200).optional(),
})
export type Profile = z.infer<typeof Profile>

const Book = z.strictObject({ selected: ProfileName.optional(), profiles: z.record(ProfileName, Profile) })
type Book = z.infer<typeof Book>

/** The profiles of this user, in `$XDG_CONFIG_HOME/edge/profiles.yaml` (~/.config/edge). */
export function profileBook(env: NodeJS.ProcessEnv = process.env): ProfileBook {
  const { XDG_CONFIG_HOME = '', EDGE_PROFILE = '' } = env
  const directory = XDG_CONFIG_HOME === '' ? join(env['HOME'] ?? homedir(), '.config') : XDG_CONFIG_HOME
  return new ProfileBook(
    join(directory, 'edge', 'profiles.yaml'),
    EDGE_PROFILE === '' ? undefined : EDGE_PROFILE,
  )
}

/** Reads the file at every call and replaces it whole at every change, readable by its owner only. Throws `config_invalid`. */
export class ProfileBook {
  readonly path: string
  /** What EDGE_PROFILE says. */
  readonly named: string | undefined

  constructor(path: string, named: string | undefined) {
    this.path = path
    this.named = named
  }

  /** The profile that is used when nobody says otherwise: that of EDGE_PROFILE, else the selected one. */
  get current(): string | undefined {
    return this.named ?? this.#read().selected
  }

  all(): ReadonlyMap<string, Profile> {
    return new Map(Object.entries(this.#read().profiles))
  }

  profile(name: string): Profile {
    const { profiles } = this.#read()
    const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
    if (found !== undefined) return found
    const suggestion = closest(name, Object.keys(profiles))
    throw new EdgeError(
      'config_invalid',
      `there is no profile ${JSON.stringify(name)}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`,
      { hint: '`edge profile list` shows them, `edge profile save NAME` makes one.' },
    )
  }

  async save(name: string, profile: Profile): Promise<void> {
    const parsed = ProfileName.safeParse(name)
    if (!parsed.success)
      throw new EdgeError(
        'config_invalid',
        `${JSON.stringify(name)} is no name of a profile: ${parsed.error.issues[0]?.message ?? ''}`,
      )
    const book = this.#read()
    await this.#write({ ...book, profiles: { ...book.profiles, [name]: profile } })
  }

  /** undefined: none is selected any more. */
  async select(name: string | undefined): Promise<void> {
    if (name !== undefined) this.profile(name)
    const { profiles } = this.#read()
    await this.#write({ ...(name === undefined ? {} : { selected: name }), profiles })
  }

  async delete(name: string): Promise<void> {
    this.profile(name)
    const { selected, profiles } = this.#read()
    const { [name]: _, ...others } = profiles
    await this.#write({
      ...(selected === undefined || selected === name ? {} : { selected }),
      profiles: others,
    })
  }

  #read(): Book {
    const text = readIfThere(this.path)
    if (text === undefined) return { profiles: {} }
    this.#refuseOpenFile()
    const parsed = Book.safeParse(parseYaml(text))
    if (parsed.success) return parsed.data
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new EdgeError('config_invalid', `${this.path} will not do: ${problems.join('; ')}`)
  }

  /** It holds tokens. */
  #refuseOpenFile(): void {
    if (process.platform === 'win32' || (statSync(this.path).mode & 0o077) === 0) return
    throw new EdgeError('config_invalid', `${this.path} holds tokens and others may read it`, {
      hint: `Run: chmod 600 ${this.path}`,
    })
  }

  async #write(book: Book): Promise<void> {
    await replaceKeepingMode(this.path, stringify(book, { lineWidth: 0 }))
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    // What it says instead is told by the schema.
    return undefined
  }
}
