/** What a result may measure at most, the same where it is made, published, pulled and downloaded. */
export const resultLimits = {
  /** Files and folders together. */
  maxEntries: 100_000,
  /** Folders below the root. */
  maxDepth: 16,
  maxBytes: 2 ** 40,
} as const

// C0 controls, DEL, and both separators: what could end a path early, leave a folder or drive a terminal.
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f/\\]/

/** Our own unfinished downloads (see content/download-file.ts): nothing in a result may pass for one. */
const partName = /^\.edge-[0-9a-f]{16}\.part$/

/** Why a file or folder of this name cannot be in a result; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'the name is empty'
  if (name === '.' || name === '..') return 'the name means another folder'
  if (forbidden.test(name)) return 'the name holds a separator or a control character'
  if (new TextEncoder().encode(name).byteLength > 255) return 'the name has more than 255 bytes'
  if (partName.test(name)) return 'the name is that of an unfinished download'
  return undefined
}

/** Two names of which this is the same cannot be in one folder: on some file systems they are one. */
export function sameNameKey(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
