/** Endings for what is video by its media type and not by its name: engines tell videos by their names. */
const endings: Readonly<Record<string, string>> = {
  'video/mp4': '.mp4',
  'video/quicktime': '.mov',
  'video/x-matroska': '.mkv',
  'video/matroska': '.mkv',
  'video/webm': '.webm',
  'video/mp2t': '.ts',
  'video/mpeg': '.mpg',
  'video/x-msvideo': '.avi',
  'video/ogg': '.ogv',
}

export interface NameHints {
  readonly url: URL
  readonly contentDisposition?: string | undefined
  readonly contentType?: string | undefined
}

/** Bytes of a name; file systems take 255. */
const longest = 120

/**
 * The name of a fetched file: what the server calls it (Content-Disposition, RFC 6266), else the last part of the url’s
 * path; made safe for any file system and terminal, not hidden, short.
 */
export function fileNameFor({ url, contentDisposition = '', contentType = '' }: NameHints): string {
  const name = safe(dispositionName(contentDisposition)) || safe(decoded(url.pathname)) || 'input'
  if (/\.[A-Za-z0-9]{1,8}$/.test(name)) return name
  return `${name}${endings[contentType.split(';')[0]?.trim().toLowerCase() ?? ''] ?? ''}`
}

function dispositionName(header: string): string {
  const extended = /(?:^|;)\s*filename\*\s*=\s*UTF-8'[^']*'([^;\s]+)/i.exec(header)?.[1]
  if (extended !== undefined) return decoded(extended)
  const quoted = /(?:^|;)\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(header)?.[1]
  if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, '$1')
  return /(?:^|;)\s*filename\s*=\s*([^;\s"]+)/i.exec(header)?.[1] ?? ''
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A broken escape is part of the name, as it stands there.
    return text
  }
}

function safe(path: string): string {
  const last = path.split(/[/\\]/).findLast((part) => part !== '') ?? ''
  const name = last
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}\p{M} ._()+@=-]+/gu, '_')
    .replace(/^[._\s-]+/, '')
    .trim()
  if (Buffer.byteLength(name) <= longest) return name
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? ''
  let stem = ''
  for (const character of name.slice(0, name.length - ending.length)) {
    if (Buffer.byteLength(stem + character + ending) > longest) break
    stem += character
  }
  return stem + ending
}
