import type { Box } from '../../domain/index.ts'

/** Shared area over joint area of two [xCentre, yCentre, width, height] boxes, 0..1. */
export function boxOverlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2] / 2, b[0] + b[2] / 2) - Math.max(a[0] - a[2] / 2, b[0] - b[2] / 2)
  const height = Math.min(a[1] + a[3] / 2, b[1] + b[3] / 2) - Math.max(a[1] - a[3] / 2, b[1] - b[3] / 2)
  if (!(width > 0 && height > 0)) return 0
  const shared = width * height
  return shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

/** The box with its sides made longer by this factor around the same centre. */
export function widenBox([x, y, width, height]: Box, factor: number): Box {
  return [x, y, width * factor, height * factor]
}
