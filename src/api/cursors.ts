import { EdgeError } from '../domain/index.ts'

/** Where a page ended: the list, and what of its last item decides the order. */
type Key = readonly (string | number)[]

/** A place in a list as text that is handed out and taken back; nobody but the API reads it. */
export function cursorOf(list: string, key: Key): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url')
}

/** The place that a cursor of this list tells; undefined without one. Throws `request_invalid` for any other text. */
export function placeOf(list: string, cursor: string | undefined): Key | undefined {
  if (cursor === undefined) return undefined
  const [of, ...key] = parse(Buffer.from(cursor, 'base64url').toString())
  const isKey = key.length > 0 && key.every((part) => typeof part === 'string' || typeof part === 'number')
  if (of === list && isKey && cursorOf(list, key) === cursor) return key
  throw new EdgeError('request_invalid', `query: cursor: it is none of the list of ${list}`, {
    hint: 'Give `next` of the page before as it came, or leave the cursor out to begin at the front.',
  })
}

function parse(text: string): readonly unknown[] {
  try {
    const document: unknown = JSON.parse(text)
    return Array.isArray(document) ? document : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
