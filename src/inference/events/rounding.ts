/** Seconds in events.json have three decimals, scores and boxes four; the ledger’s seconds have six. */
export const roundSeconds = (seconds: number): number => round(seconds, 1e3)
export const roundScore = (score: number): number => round(score, 1e4)
export const roundExactly = (seconds: number): number => round(seconds, 1e6)

/** Down and up to three decimals, so that an interval never becomes smaller; a billionth is taken for noise. */
export const floorSeconds = (seconds: number): number => positiveZero(Math.floor(seconds * 1e3 + 1e-6) / 1e3)
export const ceilSeconds = (seconds: number): number => positiveZero(Math.ceil(seconds * 1e3 - 1e-6) / 1e3)

function round(value: number, scale: number): number {
  return positiveZero(Math.round(value * scale) / scale)
}

function positiveZero(value: number): number {
  return value === 0 ? 0 : value
}
