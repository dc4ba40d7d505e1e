/** `numerator / denominator` to the nearest whole number, halves up. Both are not negative, the denominator not 0. */
export function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator)
}

/** So many parts per million of a whole, rounded to the nearest. */
export function shareOf(whole: bigint, partsPerMillion: bigint): bigint {
  return roundedQuotient(whole * partsPerMillion, 1_000_000n)
}
