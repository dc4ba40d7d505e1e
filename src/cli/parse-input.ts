import { EdgeError, type JobSpecInput } from '../domain/index.ts'

type Input = NonNullable<JobSpecInput['inputs']>[number]

/**
 * `file:///videos:/videos`: what is left of the last colon is the source, what is right of it the target; the target may be
 * left out (/inputs). `src=file:///videos,dst=/videos,opt=rw=true` says the same in words. The path is percent-decoded once,
 * as URLs are. Throws `usage`.
 */
export function parseInput(text: string): Input {
  const { source, target, readWrite } = text.startsWith('src=') ? inWords(text) : short(text)
  if (!source.startsWith('file://')) {
    throw bad(
      text,
      /^[a-z0-9+.-]+:\/\//i.test(source)
        ? 'only file:/// sources are known to this version'
        : 'it does not begin with file:///',
    )
  }
  const path = source.slice('file://'.length)
  if (!path.startsWith('/')) throw bad(text, `a path on the node is absolute: file:///${path}`)
  return { source: { type: 'localDirectory', path: decoded(path, text), readWrite }, target }
}

interface Parts {
  readonly source: string
  readonly target: string
  readonly readWrite: boolean
}

const defaultTarget = '/inputs'

function short(text: string): Parts {
  const at = text.lastIndexOf(':')
  const hasTarget = at > text.indexOf('://')
  return {
    source: hasTarget ? text.slice(0, at) : text,
    target: hasTarget ? text.slice(at + 1) : defaultTarget,
    readWrite: false,
  }
}

function inWords(text: string): Parts {
  let [source, target, readWrite] = ['', defaultTarget, false]
  for (const part of text.split(',')) {
    const [key = '', ...rest] = part.split('=')
    const value = rest.join('=')
    if (key === 'src') source = value
    else if (key === 'dst') target = value
    else if (key === 'opt' && /^(rw|read-write)(=true)?$/.test(value)) readWrite = true
    else if (key === 'opt' && /^((ro|read-only)(=true)?|(rw|read-write)=false)$/.test(value))
      readWrite = false
    else throw bad(text, `cannot read ${JSON.stringify(part)}; known are src=, dst=, opt=ro, opt=rw`)
  }
  return { source, target, readWrite }
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
    hint: 'Write file:///path-on-the-node:/target, e.g. file:///videos:/videos.',
    ...(cause === undefined ? {} : { cause }),
  })
}
