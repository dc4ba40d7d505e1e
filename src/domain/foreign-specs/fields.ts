import { closest } from '../../utils/closest.ts'
import type { Findings } from './findings.ts'

/** How deep a value is looked into; deeper ones are not empty. */
const maxDepth = 20

/**
 * The fields of one object, found whatever the case of their names, as Go finds them. Null and Go’s zero values count as
 * left out. What is of another type than asked for is a problem, and so is a field that nobody asked for (`finish`).
 */
export class Fields {
  readonly path: string
  readonly findings: Findings
  readonly #entries = new Map<string, { readonly name: string; readonly value: unknown }>()
  readonly #asked = new Map<string, string>()

  constructor(value: object, path: string, findings: Findings) {
    this.path = path
    this.findings = findings
    for (const [name, held] of Object.entries(value)) {
      const key = name.toLowerCase()
      const before = this.#entries.get(key)
      if (before === undefined) this.#entries.set(key, { name, value: held })
      else findings.problem(joined(path, name), `says the same as ${before.name}; keep one of them`)
    }
  }

  /** Where the field stands, in the author’s spelling; as it is called when it is not there. */
  at(name: string): string {
    return joined(this.path, this.#entries.get(name.toLowerCase())?.name ?? name)
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined
  }

  /** The value, or undefined for one that is empty. */
  raw(name: string): unknown {
    const key = name.toLowerCase()
    this.#asked.set(key, name)
    const value = this.#entries.get(key)?.value
    return isEmpty(value) ? undefined : value
  }

  text(name: string): string | undefined {
    const value = this.raw(name)
    return value === undefined ? undefined : this.#asText(value, this.at(name))
  }

  number(name: string): number | undefined {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'number') return value
    if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value)
    this.findings.problem(this.at(name), `is no number: ${shown(value)}`)
    return undefined
  }

  flag(name: string): boolean {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'boolean') return value === true
    if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
    this.findings.problem(this.at(name), `is true or false, not ${shown(value)}`)
    return false
  }

  texts(name: string): readonly string[] {
    return this.#list(name).flatMap((value, index) => this.#asText(value, `${this.at(name)}.${index}`) ?? [])
  }

  object(name: string): Fields | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    if (isObject(value)) return new Fields(value, this.at(name), this.findings)
    this.findings.problem(this.at(name), `must hold fields, but is ${shown(value)}`)
    return undefined
  }

  objects(name: string): readonly Fields[] {
    return this.#list(name).flatMap((value, index) => {
      const path = `${this.at(name)}.${index}`
      if (isObject(value)) return new Fields(value, path, this.findings)
      this.findings.problem(path, `must hold fields, but is ${shown(value)}`)
      return []
    })
  }

  /** A map of texts; its names keep their case. */
  pairs(name: string): ReadonlyMap<string, string> {
    this.skip(name)
    // An empty text is a value here.
    const fields = this.#entries.get(name.toLowerCase())?.value
    if (fields === undefined || fields === null) return new Map()
    if (!isObject(fields)) {
      this.findings.problem(this.at(name), `must be a map of names and texts, but is ${shown(fields)}`)
      return new Map()
    }
    const pairs = new Map<string, string>()
    for (const [key, value] of Object.entries(fields)) {
      const text = value === null ? '' : this.#asText(value, `${this.at(name)}.${key}`)
      if (text !== undefined) pairs.set(key, text)
    }
    return pairs
  }

  /** Fields that need no word, whatever they hold. */
  skip(...names: readonly string[]): void {
    for (const name of names) this.raw(name)
  }

  /** What describes a thing that is refused as a whole need not be told one by one. */
  takeAll(): void {
    this.skip(...[...this.#entries.values()].map(({ name }) => name))
  }

  /** A field that is left out of the translation without harm. */
  ignore(name: string, why: string): void {
    if (this.has(name)) this.findings.warn(this.at(name), why)
  }

  /** A field that cannot be honoured. */
  refuse(name: string, why: string): void {
    if (this.has(name)) this.findings.problem(this.at(name), why)
  }

  /** Every field that was not asked for is unknown. Call it last. */
  finish(): void {
    for (const [key, { name, value }] of this.#entries) {
      if (this.#asked.has(key) || value === null) continue
      this.findings.problem(joined(this.path, name), 'unknown field', closest(name, this.#asked.values()))
    }
  }

  #list(name: string): readonly unknown[] {
    const value = this.raw(name)
    if (value === undefined) return []
    if (Array.isArray(value)) return value
    this.findings.problem(this.at(name), `must be a list, but is ${shown(value)}`)
    return []
  }

  #asText(value: unknown, path: string): string | undefined {
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    this.findings.problem(path, `must be a text, but is ${shown(value)}`)
    return undefined
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What Go takes for not set: null, '', 0, false, and what holds nothing else. */
function isEmpty(value: unknown, depth = 0): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  if (typeof value !== 'object' || depth > maxDepth) return false
  if (Array.isArray(value)) return value.length === 0
  return Object.values(value).every((held) => isEmpty(held, depth + 1))
}

/** A value in a message: what kind of thing it is, or itself when it is short. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return typeof value === 'object' ? 'a map of fields' : `a ${typeof value}`
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
