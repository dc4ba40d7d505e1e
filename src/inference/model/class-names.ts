/**
 * Parses the text that Python prints for a class list, as YOLOv5’s export.py writes it into the model: a dict with
 * whole-number keys 0..n-1 (`{0: 'person', 1: "dog's"}`) or a list of strings. Undefined for anything else.
 */
export function parseClassNames(text: string): readonly string[] | undefined {
  const source = text.trim()
  const opening = source[0]
  if (opening !== '{' && opening !== '[') return undefined
  const closing = opening === '{' ? '}' : ']'
  const names = new Map<number, string>()
  let at = skipBlanks(source, 1)
  while (source[at] !== closing) {
    let key = names.size
    if (opening === '{') {
      const matched = /^(\d{1,6})\s*:\s*/.exec(source.slice(at, at + 40))
      if (matched?.[1] === undefined) return undefined
      key = Number(matched[1])
      at += matched[0].length
    }
    const string = parseString(source, at)
    if (string === undefined || names.has(key)) return undefined
    names.set(key, string.value)
    at = skipBlanks(source, string.next)
    if (source[at] === ',') at = skipBlanks(source, at + 1)
    else if (source[at] !== closing) return undefined
  }
  if (at !== source.length - 1) return undefined
  const ordered = Array.from({ length: names.size }, (_, index) => names.get(index))
  return ordered.every((name) => name !== undefined) ? ordered : undefined
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** A Python string literal as `repr` writes it: either quote, backslash escapes, \xHH, \uHHHH, \UHHHHHHHH. */
function parseString(source: string, from: number): { value: string; next: number } | undefined {
  const quote = source[from]
  if (quote !== "'" && quote !== '"') return undefined
  let value = ''
  for (let at = from + 1; at < source.length;) {
    const character = source[at]
    if (character === undefined || character === '\n') return undefined
    if (character === quote) return { value, next: at + 1 }
    if (character !== '\\') {
      value += character
      at++
      continue
    }
    const escaped = parseEscape(source.slice(at + 1, at + 10))
    if (escaped === undefined) return undefined
    value += escaped.value
    at += 1 + escaped.length
  }
  return undefined
}

function parseEscape(text: string): { value: string; length: number } | undefined {
  const simple = escapes[text[0] ?? '']
  if (simple !== undefined) return { value: simple, length: 1 }
  const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text)
  if (hex === null) return undefined
  const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16)
  return code > 0x10ffff ? undefined : { value: String.fromCodePoint(code), length: hex[0].length }
}

function skipBlanks(source: string, from: number): number {
  let at = from
  while (/\s/.test(source[at] ?? '')) at++
  return at
}
