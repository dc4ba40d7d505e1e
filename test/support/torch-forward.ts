import type { Module, Tensor } from './torch-model.ts'

/** What torch computes for a small model, written down plainly from the modules’ definitions and in float64. */
export interface Picture {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly at: (channel: number, y: number, x: number) => number
}

/** All outputs of a model’s Detect, raw. */
export function forwardModel(layers: readonly Module[], input: Picture): Picture[] {
  const maps: Picture[] = []
  let outputs: Picture[] = []
  for (const [index, layer] of layers.entries()) {
    const from = layer.attributes['f'] as number | readonly number[]
    const inputs = (typeof from === 'number' ? [from] : from).map((one) =>
      index === 0 ? input : maps[one < 0 ? index + one : one]!,
    )
    if (shortType(layer) === 'Detect') {
      outputs = Object.values(layer.parts['m']!.parts).map((conv, level) => forward(conv, inputs[level]!))
    } else maps.push(shortType(layer) === 'Concat' ? join(inputs) : forward(layer, inputs[0]!))
  }
  return outputs
}

const shortType = ({ type }: Module): string => type.slice(type.lastIndexOf('.') + 1)

function forward(module: Module, input: Picture): Picture {
  const { parts, attributes } = module
  const part = (name: string, map: Picture): Picture => forward(parts[name]!, map)
  switch (shortType(module)) {
    case 'Conv':
      return part('act', 'bn' in parts ? part('bn', part('conv', input)) : part('conv', input))
    case 'Focus': {
      const corner = (dy: number, dx: number): Picture =>
        fill(input.channels, input.height / 2, input.width / 2, (c, y, x) =>
          input.at(c, 2 * y + dy, 2 * x + dx),
        )
      return part('conv', join([corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)]))
    }
    case 'Bottleneck': {
      const inner = part('cv2', part('cv1', input))
      return attributes['add'] === true ? map2(input, inner, (a, b) => a + b) : inner
    }
    case 'C3':
      return part('cv3', join([part('m', part('cv1', input)), part('cv2', input)]))
    case 'BottleneckCSP': {
      const joined = join([part('cv3', part('m', part('cv1', input))), part('cv2', input)])
      return part('cv4', part('act', part('bn', joined)))
    }
    case 'SPP': {
      const first = part('cv1', input)
      return part(
        'cv2',
        join([first, ...Object.values(parts['m']!.parts).map((pool) => forward(pool, first))]),
      )
    }
    case 'SPPF': {
      const first = part('cv1', input)
      const second = part('m', first)
      const third = part('m', second)
      return part('cv2', join([first, second, third, part('m', third)]))
    }
    case 'Sequential':
      return Object.values(parts).reduce((map, each) => forward(each, map), input)
    case 'Upsample':
      return fill(input.channels, 2 * input.height, 2 * input.width, (c, y, x) => input.at(c, y >> 1, x >> 1))
    case 'Conv2d':
      return convolve(module, input)
    case 'BatchNorm2d': {
      const of = (name: string, channel: number): number => module.tensors[name]!.data[channel]!
      return fill(input.channels, input.height, input.width, (c, y, x) => {
        const spread = Math.sqrt(of('running_var', c) + (attributes['eps'] as number))
        return ((input.at(c, y, x) - of('running_mean', c)) / spread) * of('weight', c) + of('bias', c)
      })
    }
    case 'MaxPool2d': {
      const reach = attributes['padding'] as number
      return fill(input.channels, input.height, input.width, (c, y, x) => {
        let best = -Infinity
        for (let dy = -reach; dy <= reach; dy++)
          for (let dx = -reach; dx <= reach; dx++) {
            if (isInside(input, y + dy, x + dx)) best = Math.max(best, input.at(c, y + dy, x + dx))
          }
        return best
      })
    }
    default:
      return fill(input.channels, input.height, input.width, (c, y, x) => activate(module, input.at(c, y, x)))
  }
}

function activate(module: Module, value: number): number {
  switch (shortType(module)) {
    case 'SiLU':
      return value / (1 + Math.exp(-value))
    case 'Hardswish':
      return (value * Math.min(6, Math.max(0, value + 3))) / 6
    case 'LeakyReLU':
      return value < 0 ? value * (module.attributes['negative_slope'] as number) : value
    case 'ReLU':
      return Math.max(0, value)
    case 'Identity':
      return value
    default:
      throw new Error(`no forward for ${module.type}`)
  }
}

function convolve({ tensors, attributes }: Module, input: Picture): Picture {
  const { size, data } = tensors['weight']!
  const bias: Tensor | undefined = tensors['bias']
  const [outChannels, inChannels, kernel] = size as [number, number, number]
  const [stride] = attributes['stride'] as [number]
  const [padding] = attributes['padding'] as [number]
  const reach = (length: number): number => Math.floor((length + 2 * padding - kernel) / stride) + 1
  return fill(outChannels, reach(input.height), reach(input.width), (out, y, x) => {
    let sum = bias?.data[out] ?? 0
    for (let c = 0; c < inChannels; c++)
      for (let dy = 0; dy < kernel; dy++)
        for (let dx = 0; dx < kernel; dx++) {
          const [row, column] = [y * stride - padding + dy, x * stride - padding + dx]
          if (!isInside(input, row, column)) continue
          sum += data[((out * inChannels + c) * kernel + dy) * kernel + dx]! * input.at(c, row, column)
        }
    return sum
  })
}

function isInside({ height, width }: Picture, y: number, x: number): boolean {
  return y >= 0 && x >= 0 && y < height && x < width
}

export function fill(channels: number, height: number, width: number, value: Picture['at']): Picture {
  const data = new Float64Array(channels * height * width)
  for (let c = 0, at = 0; c < channels; c++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[at++] = value(c, y, x)
  return { channels, height, width, at: (c, y, x) => data[(c * height + y) * width + x]! }
}

function join(maps: readonly Picture[]): Picture {
  const channels = maps.flatMap((map) => Array.from({ length: map.channels }, (_, index) => ({ map, index })))
  return fill(channels.length, maps[0]!.height, maps[0]!.width, (c, y, x) =>
    channels[c]!.map.at(channels[c]!.index, y, x),
  )
}

function map2(a: Picture, b: Picture, combine: (x: number, y: number) => number): Picture {
  return fill(a.channels, a.height, a.width, (c, y, x) => combine(a.at(c, y, x), b.at(c, y, x)))
}

/** RGB in 0..1 of a yuv420p frame as swscale converts (BT.601, studio range), chroma repeated, nothing clipped. */
export function rgbOf(frame: Uint8Array, width: number, height: number): Picture {
  const area = width * height
  return fill(3, height, width, (colour, y, x) => {
    const chroma = (y >> 1) * (width / 2) + (x >> 1)
    const luma = 1.164_383_56 * (frame[y * width + x]! - 16)
    const u = frame[area + chroma]! - 128
    const v = frame[area * 1.25 + chroma]! - 128
    const shift = [1.596_026_79 * v, -0.391_762_29 * u - 0.812_967_65 * v, 2.017_232_14 * u][colour]!
    return (luma + shift) / 255
  })
}
