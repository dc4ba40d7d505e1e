/** Where the picture lies in a letterboxed frame, in pixels of that frame. */
export interface Letterbox {
  readonly scale: number
  readonly padX: number
  readonly padY: number
  readonly scaledWidth: number
  readonly scaledHeight: number
}

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The largest picture of the video's shape that fits the frame, centred. All four numbers of pixels are even, as the
 * chroma planes of yuv420p need; so map boxes back by scaledWidth/width and scaledHeight/height, which differ from
 * `scale` by up to one pixel. The frame's sides must be even and positive, else RangeError.
 */
export function letterbox(video: Size, shape: Size): Letterbox {
  for (const side of [shape.width, shape.height])
    if (!Number.isInteger(side) || side < 2 || side % 2 !== 0)
      throw new RangeError(`a frame of ${shape.width}x${shape.height}: its sides must be even`)
  if (!(video.width > 0 && video.height > 0))
    throw new RangeError(`a video of ${video.width}x${video.height} has no picture`)
  const scale = Math.min(shape.width / video.width, shape.height / video.height)
  const scaledWidth = evenSide(video.width * scale, shape.width)
  const scaledHeight = evenSide(video.height * scale, shape.height)
  return {
    scale,
    scaledWidth,
    scaledHeight,
    padX: 2 * Math.floor((shape.width - scaledWidth) / 4),
    padY: 2 * Math.floor((shape.height - scaledHeight) / 4),
  }
}

function evenSide(length: number, limit: number): number {
  return Math.min(limit, Math.max(2, 2 * Math.round(length / 2)))
}
