import type { Colour } from '../../media/index.ts'

/** Dark enough for white letters. */
const palette: readonly Colour[] = [
  [0, 92, 175],
  [196, 60, 0],
  [0, 122, 77],
  [140, 40, 140],
  [160, 110, 0],
  [176, 0, 64],
  [0, 115, 135],
  [84, 84, 200],
  [100, 120, 20],
  [120, 72, 40],
]

/** The same for the same class name, on every run. */
export function classColour(name: string): Colour {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 100_003
  return palette[sum % palette.length] ?? [0, 0, 0]
}

/** As `#rrggbb`. */
export function hexColour([red, green, blue]: Colour): string {
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
