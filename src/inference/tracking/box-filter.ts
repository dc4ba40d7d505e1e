import type { Box } from '../../domain/index.ts'

/**
 * Standard deviations as shares of the object’s size, after ByteTrack’s filter (Zhang et al., ECCV 2022) in the box form
 * of BoT-SORT (arXiv 2206.14651): a measurement is off by 1/20. Theirs count in frames at about 30 a second; ours in
 * seconds, with white noise of acceleration (Bar-Shalom et al. 2001, section 6.2.2), because sampling is sparse and not
 * always regular.
 */
const measurementNoise = 1 / 20
/** By so many sizes a second the speed may have changed after a second. */
const speedNoise = 1.5
/** Sizes a second: what is known of the speed of an object that was seen once. */
const firstSpeed = 3
/** A box changes its size far less than its place. */
const sizeShare = 0.25

/** One coordinate: its value, its speed, and the covariance of both. */
interface Axis {
  readonly value: number
  readonly speed: number
  readonly valueVariance: number
  readonly covariance: number
  readonly speedVariance: number
}

/**
 * Where a box is and goes: a Kalman filter of constant velocity over [x, y, width, height] and their speeds. The eight
 * states fall into four independent pairs, because neither the motion nor the noise mixes coordinates.
 */
export class BoxFilter {
  #axes: readonly Axis[]

  constructor(box: Box) {
    const size = sizeOf(box)
    this.#axes = box.map((value, index) => ({
      value,
      speed: 0,
      valueVariance: (measurementNoise * size) ** 2,
      covariance: 0,
      speedVariance: (firstSpeed * size * shareOf(index)) ** 2,
    }))
  }

  /** The box after so many seconds; sizes do not shrink below half of what they are. */
  ahead(seconds: number): Box {
    const [x, y, width, height] = this.#axes.map(
      ({ value, speed }) => value + speed * seconds,
    ) as unknown as Box
    const [, , nowWidth, nowHeight] = this.#box
    return [x, y, Math.max(width, nowWidth / 2), Math.max(height, nowHeight / 2)]
  }

  /** The box as it was measured `seconds` after the last one. */
  observe(seconds: number, box: Box): void {
    const size = sizeOf(this.#box)
    const measured = (measurementNoise * sizeOf(box)) ** 2
    this.#axes = this.#axes.map((axis, index) =>
      corrected(
        predicted(axis, seconds, (speedNoise * size * shareOf(index)) ** 2),
        box[index as 0 | 1 | 2 | 3],
        measured,
      ),
    )
  }

  get #box(): Box {
    return this.#axes.map(({ value }) => value) as unknown as Box
  }
}

function predicted(axis: Axis, seconds: number, noise: number): Axis {
  const { value, speed, valueVariance, covariance, speedVariance } = axis
  return {
    value: value + speed * seconds,
    speed,
    valueVariance:
      valueVariance + 2 * seconds * covariance + seconds ** 2 * speedVariance + (noise * seconds ** 3) / 3,
    covariance: covariance + seconds * speedVariance + (noise * seconds ** 2) / 2,
    speedVariance: speedVariance + noise * seconds,
  }
}

function corrected(axis: Axis, measured: number, variance: number): Axis {
  const { value, speed, valueVariance, covariance, speedVariance } = axis
  const valueGain = valueVariance / (valueVariance + variance)
  const speedGain = covariance / (valueVariance + variance)
  return {
    value: value + valueGain * (measured - value),
    speed: speed + speedGain * (measured - value),
    valueVariance: (1 - valueGain) * valueVariance,
    covariance: (1 - valueGain) * covariance,
    speedVariance: speedVariance - speedGain * covariance,
  }
}

function sizeOf([, , width, height]: Box): number {
  return Math.max(1e-3, (Math.abs(width) + Math.abs(height)) / 2)
}

function shareOf(index: number): number {
  return index < 2 ? 1 : sizeShare
}
