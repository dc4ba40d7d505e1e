import type { Convolution, FeatureMap, GraphBuilder, Pair } from './graph-builder.ts'

/** What a luma and a chroma byte mean at zero signal (ITU-R BT.601, studio range). */
const lumaZero = 16
const chromaZero = 128

/**
 * R, G, B in 0..1 from Y-16, U-128, V-128: ITU-R BT.601, studio range, rows R, G, B. ffmpeg’s scaler and so OpenCV take
 * this matrix for footage of any size, so it is what YOLOv5 is trained and run with.
 */
const rgbFromYuv = [
  [255 / 219, 0, (1.402 * 255) / 224],
  [255 / 219, (-1.772 * 0.114 * 255) / (0.587 * 224), (-1.402 * 0.299 * 255) / (0.587 * 224)],
  [255 / 219, (1.772 * 255) / 224, 0],
].map((row) => row.map((factor) => factor / 255))

export const inputName = 'frames'

/** The input of a graph for frames of this size, both sides multiples of 4: the planes Y, U, V one after the other. */
export function yuvInput({ height, width }: { height: number; width: number }, batch: number) {
  return { name: inputName, elementType: 'uint8', dims: [batch, (height * 3) / 2, width] } as const
}

/**
 * Adds the input and the first convolution of a model that was made for RGB in 0..1. The colours are converted by the
 * convolution itself: exact for chroma pixels repeated to luma size, except that colours outside RGB are not clipped.
 */
export function addFirstConvolution(
  graph: GraphBuilder,
  size: { height: number; width: number },
  rgb: Convolution,
): FeatureMap {
  const { luma, chroma } = addPlanes(graph, size)
  const [y, uv] = splitByPlane(rgb)
  if (!isAligned(rgb)) {
    const joined = graph.concat('input.yuv', [luma, graph.enlarge('input.chroma.full', chroma, 2)])
    return graph.convolve(joined, { ...rgb, weights: () => interleave(y, uv) })
  }
  const fromLuma = graph.convolve(luma, { ...y, path: `${rgb.path}.luma` })
  const fromChroma = graph.convolve(chroma, { ...halved(uv), path: `${rgb.path}.chroma` })
  return graph.sum(rgb.path, fromLuma, fromChroma)
}

function addPlanes(
  graph: GraphBuilder,
  { height, width }: { height: number; width: number },
): { luma: FeatureMap; chroma: FeatureMap } {
  const heights = graph.constant({
    name: 'input.heights',
    dims: [2],
    elementType: 'int64',
    values: () => BigInt64Array.of(BigInt(height), BigInt(height / 2)),
  })
  graph.nodes.push({
    operator: 'Split',
    inputs: [inputName, heights],
    output: ['input.luma.bytes', 'input.chroma.bytes'],
    attributes: { axis: { kind: 'int', value: 1 } },
  })
  const plane = (name: string, zero: number, map: Omit<FeatureMap, 'name'>): FeatureMap => {
    const shape = graph.constant({
      name: `${name}.shape`,
      dims: [4],
      elementType: 'int64',
      values: () => BigInt64Array.from([graph.batch, map.channels, map.height, map.width].map(BigInt)),
    })
    const shaped = graph.add('Reshape', [`${name}.bytes`, shape], { ...map, name: `${name}.shaped` })
    const float = graph.add(
      'Cast',
      [shaped.name],
      { ...map, name: `${name}.float` },
      { to: { kind: 'int', value: 1 } },
    )
    return graph.add('Sub', [float.name, graph.scalars(`${name}.zero`, [zero])], { ...map, name })
  }
  return {
    luma: plane('input.luma', lumaZero, { channels: 1, height, width }),
    chroma: plane('input.chroma', chromaZero, { channels: 2, height: height / 2, width: width / 2 }),
  }
}

/** Whether every window begins at a whole chroma pixel, so that the chroma need not be enlarged. */
function isAligned({ stride, padding, kernel, dilation }: Convolution): boolean {
  const even = (pair: Pair): boolean => pair.every((value) => value % 2 === 0)
  return even(stride) && even(padding) && even(kernel) && dilation.every((step) => step === 1)
}

/** The convolution for [Y] and that for [U, V], which are to be summed. */
function splitByPlane(rgb: Convolution): readonly [Convolution, Convolution] {
  const area = rgb.kernel[0] * rgb.kernel[1]
  const mixed = (planes: readonly number[]) => (): Float32Array => {
    const weights = rgb.weights()
    const result = new Float32Array(rgb.outChannels * planes.length * area)
    for (let at = 0; at < result.length; at++) {
      const [pixel, plane, out] = [
        at % area,
        Math.floor(at / area) % planes.length,
        Math.floor(at / area / planes.length),
      ]
      for (const [colour, row] of rgbFromYuv.entries()) {
        const weight = weights[(out * 3 + colour) * area + pixel] as number
        result[at] = (result[at] as number) + weight * (row[planes[plane] as number] as number)
      }
    }
    return result
  }
  return [
    { ...rgb, inChannels: 1, weights: mixed([0]) },
    { ...rgb, inChannels: 2, weights: mixed([1, 2]), bias: () => new Float32Array(rgb.outChannels) },
  ]
}

/** For a map of half the size in which each pixel stands for four: the weights of the four are summed. */
function halved(full: Convolution): Convolution {
  const [rows, columns] = full.kernel
  const half = (pair: Pair): Pair => [pair[0] / 2, pair[1] / 2]
  return {
    ...full,
    kernel: half(full.kernel),
    stride: half(full.stride),
    padding: half(full.padding),
    weights: () => {
      const weights = full.weights()
      const result = new Float32Array(weights.length / 4)
      for (const [at, weight] of weights.entries()) {
        const [column, row, plane] = [
          at % columns,
          Math.floor(at / columns) % rows,
          Math.floor(at / columns / rows),
        ]
        const to = (plane * (rows / 2) + (row >> 1)) * (columns / 2) + (column >> 1)
        result[to] = (result[to] as number) + weight
      }
      return result
    },
  }
}

/** The weights for [Y, U, V] from those for [Y] and [U, V]. */
function interleave(y: Convolution, uv: Convolution): Float32Array {
  const area = y.kernel[0] * y.kernel[1]
  const [luma, chroma] = [y.weights(), uv.weights()]
  const result = new Float32Array(luma.length + chroma.length)
  for (let out = 0; out < y.outChannels; out++) {
    result.set(luma.subarray(out * area, (out + 1) * area), out * 3 * area)
    result.set(chroma.subarray(out * 2 * area, (out + 1) * 2 * area), (out * 3 + 1) * area)
  }
  return result
}
