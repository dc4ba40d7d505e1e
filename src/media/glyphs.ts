/**
 * Letters of five by seven dots, so that labels need no font of the machine: seven rows from the top, each a digit of
 * base 32 whose five bits are the dots from left to right.
 */
const rows: Readonly<Record<string, string>> = {
  '0': 'ehjlphe',
  '1': '4c4444e',
  '2': 'eh1248v',
  '3': 'v2421he',
  '4': '26aiv22',
  '5': 'vgu11he',
  '6': '68guhhe',
  '7': 'v124888',
  '8': 'ehhehhe',
  '9': 'ehhf12c',
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'sihhhis',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehgnhhf',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hikokih',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hhpljhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllla',
  X: 'hha4ahh',
  Y: 'hha4444',
  Z: 'v1248gv',
  ' ': '0000000',
  '.': '00000cc',
  '-': '000v000',
  ':': '0cc0cc0',
  '%': 'op248j3',
  '#': 'aavavaa',
  '+': '044v440',
  '/': '01248g0',
  _: '000000v',
  '(': '2488842',
  ')': '8422248',
}

export const glyphWidth = 5
export const glyphHeight = 7

/** The rows of a letter, five bits each, the leftmost dot the highest; an empty box for one that is not known. */
export function glyphRows(letter: string): readonly number[] {
  return Array.from(rows[letter.toUpperCase()] ?? 'vhhhhhv', (digit) => Number.parseInt(digit, 32))
}
