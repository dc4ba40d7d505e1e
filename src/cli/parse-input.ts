import { EdgeError, type JobSpecInput } from '../domain/index.ts'

type Input = NonNullable<JobSpecInput['inputs']>[number]
type Options = ReadonlyMap<string, string>

const defaultTarget = '/inputs'

/**
 * What an input is on the command line: `file:///videos:/videos`, `https://host/gate.mp4:/videos`, `edge://JOB/outputs:/earlier`.
 * What is left of the last colon is the source, what is right of it the target, which may be left out (/inputs).
 * `src=https://host/gate.mp4,dst=/videos,opt=sha256=...` says the same in words. Paths are percent-decoded once, as URLs
 * are. Throws `usage`.
 */
export function parseInput(text: string): Input {
  const { source, target, options } = text.startsWith('src=') ? inWords(text) : short(text)
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(source)?.[1]?.toLowerCase()
  switch (scheme ?? '') {
    case 'file':
      return { source: fileSource(source, options, text), target }
    case 'http':
    case 'https':
      return { source: urlSource(source, options, text), target }
    case 'edge':
      return { source: resultSource(source, options, text), target }
    default:
      throw bad(
        text,
        scheme === undefined
          ? 'it does not begin with file:///, https:// or edge://'
          : `${scheme}:// sources are not known; known are file:///, http://, https:// and edge://`,
      )
  }
}

interface Parts {
  readonly source: string
  readonly target: string
  readonly options: Options
}

function short(text: string): Parts {
  const at = text.lastIndexOf(':')
  const isUrl = /^https?:\/\//i.test(text)
  // The colon of a port, or one within a URL’s path, is no target’s.
  const hasTarget = at > text.indexOf('://') && (!isUrl || text.charAt(at + 1) === '/')
  return {
    source: hasTarget ? text.slice(0, at) : text,
    target: hasTarget ? text.slice(at + 1) : defaultTarget,
    options: new Map(),
  }
}

function inWords(text: string): Parts {
  let [source, target] = ['', defaultTarget]
  const options = new Map<string, string>()
  for (const part of text.split(',')) {
    const [, key, value = ''] = /^(src|dst|opt)=(.*)$/.exec(part) ?? []
    if (key === 'src') source = value
    else if (key === 'dst') target = value
    else if (key === 'opt') {
      const [name = '', ...rest] = value.split('=')
      options.set(name, rest.length === 0 ? 'true' : rest.join('='))
    } else
      throw bad(
        text,
        `cannot read ${JSON.stringify(part)}; known are src=, dst=, opt= (a comma in a URL is %2C)`,
      )
  }
  return { source, target, options }
}

function fileSource(source: string, options: Options, text: string): Input['source'] {
  const path = source.slice('file://'.length)
  if (!path.startsWith('/')) throw bad(text, `a path on the node is absolute: file:///${path}`)
  allowOnly(options, ['ro', 'read-only', 'rw', 'read-write'], text)
  return { type: 'localDirectory', path: decoded(path, text), readWrite: isWritable(options, text) }
}

function urlSource(url: string, options: Options, text: string): Input['source'] {
  if (URL.parse(url) === null) throw bad(text, `${url} is no address`)
  if (/^[a-z]+:\/\/[^/]*@/i.test(url)) throw bad(text, 'the address must not hold a user or password')
  allowOnly(options, ['ro', 'read-only', 'rw', 'read-write', 'sha256', 'maxBytes', 'timeoutSeconds'], text)
  if (isWritable(options, text)) throw bad(text, 'only file:/// inputs can be writable')
  const sha256 = options.get('sha256')?.toLowerCase()
  if (sha256 !== undefined && !/^[a-f0-9]{64}$/.test(sha256))
    throw bad(text, 'opt=sha256= takes 64 hexadecimal digits')
  return {
    type: 'url',
    url,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...numbers(options, ['maxBytes', 'timeoutSeconds'], text),
  }
}

function resultSource(source: string, options: Options, text: string): Input['source'] {
  const [, job, path = ''] = /^edge:\/\/([^/]+)(?:\/(.*))?$/i.exec(source) ?? []
  if (job === undefined)
    throw bad(text, 'the id of a job belongs after edge://, e.g. edge://4b1422ff/outputs')
  allowOnly(options, ['ro', 'read-only', 'rw', 'read-write'], text)
  if (isWritable(options, text)) throw bad(text, 'only file:/// inputs can be writable')
  return { type: 'result', job, path: decoded(path, text) }
}

function allowOnly(options: Options, known: readonly string[], text: string): void {
  for (const name of options.keys())
    if (!known.includes(name)) throw bad(text, `opt=${name} is not known here; known are ${known.join(', ')}`)
}

function isWritable(options: Options, text: string): boolean {
  const flag = (names: readonly string[]): boolean | undefined => {
    const name = names.find((known) => options.has(known))
    const value = name === undefined ? undefined : options.get(name)
    if (value === undefined || value === 'true' || value === 'false')
      return value === undefined ? undefined : value === 'true'
    throw bad(text, `opt=${String(name)} is true or false, not ${JSON.stringify(value)}`)
  }
  const [writable, readOnly] = [flag(['rw', 'read-write']), flag(['ro', 'read-only'])]
  if (writable !== undefined && readOnly !== undefined && writable === readOnly)
    throw bad(text, 'opt=ro and opt=rw contradict one another')
  return writable ?? (readOnly === undefined ? false : !readOnly)
}

function numbers(options: Options, names: readonly string[], text: string): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = options.get(name)
      if (value === undefined) return []
      if (!/^\d+$/.test(value))
        throw bad(text, `opt=${name} takes a whole number, not ${JSON.stringify(value)}`)
      return [[name, Number(value)]]
    }),
  )
}

function decoded(path: string, text: string): string {
  try {
    return decodeURIComponent(path)
  } catch (error) {
    throw bad(text, 'the path has a broken %-escape', error)
  }
}

function bad(text: string, why: string, cause?: unknown): EdgeError {
  return new EdgeError('usage', `--input ${JSON.stringify(text)}: ${why}`, {
    hint: 'Write file:///path-on-the-node:/target, https://host/file.mp4:/target or edge://JOB/path:/target; docs/inputs.md has more.',
    ...(cause === undefined ? {} : { cause }),
  })
}
