/** How people write amounts in job specs. Every function answers undefined for what is none. */

const binary = 1024
const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5, e: 6 }

/**
 * Bytes of `8Gi`, `512Mb`, `1.5 GB`, `1000`. Ki, Mi, Gi are powers of 1024. K, M, G (with or without B) are powers of
 * `decimalBase`: 1024 in V1beta2 (github.com/c2h5oh/datasize), 1000 in Job/Tasks (github.com/dustin/go-humanize).
 */
export function parseBytes(text: string, decimalBase: 1000 | 1024): number | undefined {
  const [, amount = '', prefix = '', i = ''] =
    /^(\d+(?:\.\d+)?|\.\d+)\s*([kmgtpe]?)(i?)b?$/i.exec(text.trim()) ?? []
  if (amount === '' || (i !== '' && prefix === '')) return undefined
  const base = i === '' ? decimalBase : binary
  const bytes = Math.round(Number(amount) * base ** (powers[prefix.toLowerCase()] ?? 0))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Cores of `500m` (thousandths), `2`, `0.5`. */
export function parseCores(text: string): number | undefined {
  const [, amount = '', milli = ''] = /^(\d+(?:\.\d+)?|\.\d+)\s*(m?)$/i.exec(text.trim()) ?? []
  if (amount === '') return undefined
  return milli === '' ? Number(amount) : Number(amount) / 1000
}

/** Seconds in each unit of a Go duration. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
}

/** Seconds of a number of seconds (`1800`) or of a Go duration (`1h30m`, `1.5h`, `90s`). */
export function parseSeconds(text: string): number | undefined {
  const trimmed = text.trim()
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed)
  if (!/^(\d+(\.\d+)?(ns|us|µs|μs|ms|s|m|h))+$/.test(trimmed)) return undefined
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)([a-zµμ]+)/g)]
  const seconds = parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? NaN), 0)
  return Math.round(seconds * 1e9) / 1e9
}
