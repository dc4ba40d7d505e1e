import { checkpointOf, pickled } from './pickle-bytes.ts'
import type { Pickled } from './pickle-bytes.ts'

/** Small YOLOv5 models with made-up weights, as checkpoints that no training wrote. */
export interface Tensor {
  readonly size: readonly number[]
  readonly data: readonly number[]
}

type Plain = number | boolean | string | readonly Plain[]

export interface Module {
  readonly type: string
  readonly attributes: Readonly<Record<string, Plain>>
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly parts: Readonly<Record<string, Module>>
}

const common = (name: string): string => `models.common.${name}`
const torch = (name: string): string => `torch.nn.modules.${name}`

/** Numbers between -0.5 and 0.5 that are the same each time (a linear congruential generator). */
export class Numbers {
  #state = 1

  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return this.#state / 2 ** 32 - 0.5
  }

  tensor(size: readonly number[], scale = 1, middle = 0): Tensor {
    const count = size.reduce((product, length) => product * length, 1)
    return { size, data: Array.from({ length: count }, () => Math.fround(middle + scale * this.next())) }
  }
}

export function module(type: string, init: Partial<Omit<Module, 'type'>> = {}): Module {
  return { type, attributes: {}, tensors: {}, parts: {}, ...init }
}

export const activations = {
  SiLU: module(torch('activation.SiLU')),
  Hardswish: module(torch('activation.Hardswish')),
  ReLU: module(torch('activation.ReLU')),
  LeakyReLU: module(torch('activation.LeakyReLU'), { attributes: { negative_slope: 0.1 } }),
  Identity: module(torch('linear.Identity')),
}

export interface ConvInit {
  readonly kernel?: number
  readonly stride?: number
  readonly padding?: number
  readonly act?: keyof typeof activations
  readonly isFused?: boolean
}

/** Makes the modules of YOLOv5’s models/common.py. */
export class Modules {
  readonly numbers = new Numbers()

  conv2d(
    inChannels: number,
    outChannels: number,
    {
      kernel = 1,
      stride = 1,
      padding = Math.floor(kernel / 2),
      hasBias = false,
    }: ConvInit & { hasBias?: boolean } = {},
  ): Module {
    const scale = 3 / Math.sqrt(inChannels * kernel * kernel)
    return module(torch('conv.Conv2d'), {
      attributes: {
        in_channels: inChannels,
        out_channels: outChannels,
        kernel_size: [kernel, kernel],
        stride: [stride, stride],
        padding: [padding, padding],
        dilation: [1, 1],
        groups: 1,
        transposed: false,
        padding_mode: 'zeros',
      },
      tensors: {
        weight: this.numbers.tensor([outChannels, inChannels, kernel, kernel], scale),
        ...(hasBias ? { bias: this.numbers.tensor([outChannels]) } : {}),
      },
    })
  }

  batchNorm(channels: number): Module {
    return module(torch('batchnorm.BatchNorm2d'), {
      attributes: { eps: 0.001 },
      tensors: {
        weight: this.numbers.tensor([channels], 0.5, 1),
        bias: this.numbers.tensor([channels]),
        running_mean: this.numbers.tensor([channels]),
        running_var: this.numbers.tensor([channels], 0.5, 0.6),
      },
    })
  }

  conv(inChannels: number, outChannels: number, init: ConvInit = {}): Module {
    const { act = 'SiLU', isFused = false } = init
    const conv = this.conv2d(inChannels, outChannels, { ...init, hasBias: isFused })
    const parts = { conv, ...(isFused ? {} : { bn: this.batchNorm(outChannels) }), act: activations[act] }
    return module(common('Conv'), { parts })
  }

  focus(outChannels: number, init: ConvInit): Module {
    return module(common('Focus'), { parts: { conv: this.conv(12, outChannels, init) } })
  }

  bottleneck(channels: number, add: boolean, init: ConvInit = {}): Module {
    const parts = {
      cv1: this.conv(channels, channels, init),
      cv2: this.conv(channels, channels, { ...init, kernel: 3 }),
    }
    return module(common('Bottleneck'), { attributes: { add }, parts })
  }

  c3(inChannels: number, outChannels: number, add = true, init: ConvInit = {}): Module {
    const half = outChannels / 2
    return module(common('C3'), {
      parts: {
        cv1: this.conv(inChannels, half, init),
        cv2: this.conv(inChannels, half, init),
        cv3: this.conv(2 * half, outChannels, init),
        m: sequence(this.bottleneck(half, add, init), this.bottleneck(half, add, init)),
      },
    })
  }

  bottleneckCsp(inChannels: number, outChannels: number): Module {
    const half = outChannels / 2
    return module(common('BottleneckCSP'), {
      parts: {
        cv1: this.conv(inChannels, half, { act: 'LeakyReLU' }),
        cv2: this.conv2d(inChannels, half),
        cv3: this.conv2d(half, half),
        cv4: this.conv(2 * half, outChannels, { act: 'Hardswish' }),
        bn: this.batchNorm(2 * half),
        act: activations.LeakyReLU,
        m: sequence(this.bottleneck(half, true, { act: 'LeakyReLU' })),
      },
    })
  }

  maxPool(kernel: number): Module {
    const attributes = {
      kernel_size: kernel,
      stride: 1,
      padding: Math.floor(kernel / 2),
      dilation: 1,
      ceil_mode: false,
    }
    return module(torch('pooling.MaxPool2d'), { attributes })
  }

  spp(inChannels: number, outChannels: number, init: ConvInit = {}): Module {
    const cv1 = this.conv(inChannels, inChannels / 2, init)
    const m = list([5, 9, 13].map((kernel) => this.maxPool(kernel)))
    return module(common('SPP'), { parts: { cv1, cv2: this.conv(2 * inChannels, outChannels, init), m } })
  }

  sppf(inChannels: number, outChannels: number, init: ConvInit = {}): Module {
    const cv1 = this.conv(inChannels, inChannels / 2, init)
    return module(common('SPPF'), {
      parts: { cv1, cv2: this.conv(2 * inChannels, outChannels, init), m: this.maxPool(5) },
    })
  }

  detect(classes: number, channels: readonly number[], strides: readonly number[]): Module {
    const anchors = { size: [strides.length, 3, 2], data: strides.flatMap(() => [1, 1.5, 2, 2.5, 3, 3.5]) }
    return module('models.yolo.Detect', {
      attributes: { nc: classes },
      tensors: { anchors, stride: { size: [strides.length], data: strides } },
      parts: { m: list(channels.map((each) => this.conv2d(each, 3 * (5 + classes), { hasBias: true }))) },
    })
  }
}

export const upsample = module(torch('upsampling.Upsample'), {
  attributes: { scale_factor: 2, mode: 'nearest' },
})
export const concat = module(common('Concat'), { attributes: { d: 1 } })

export function sequence(...parts: readonly Module[]): Module {
  return module(torch('container.Sequential'), { parts: Object.fromEntries(parts.entries()) })
}

export function list(parts: readonly Module[]): Module {
  return module(torch('container.ModuleList'), { parts: Object.fromEntries(parts.entries()) })
}

/** A layer that takes the layers `from`; -1 is the one before. */
export function layer(from: number | readonly number[], layerModule: Module): Module {
  return { ...layerModule, attributes: { ...layerModule.attributes, f: from } }
}

export interface ModelInit {
  readonly names?: Pickled
  /** What the top dict holds besides; default: the model as `model`. */
  readonly wrap?: (model: Pickled) => Pickled
  readonly type?: string
  readonly elementType?: 'Float' | 'Half' | 'Double' | 'BFloat16' | 'Long'
}

/** The .pt file of a model with these layers, the last of which is its Detect. */
export function checkpointBytes(layers: readonly Module[], init: ModelInit = {}): Buffer {
  const storages: [string, Buffer][] = []
  const { elementType = 'Float', type = 'models.yolo.DetectionModel' } = init
  const store = ({ size, data }: Tensor): Pickled => {
    const key = String(storages.length)
    storages.push([key, encode(data, elementType)])
    const stride = size.map((_, axis) =>
      size.slice(axis + 1).reduce((product, length) => product * length, 1),
    )
    return pickled.tensor(pickled.storage(elementType, key, data.length), 0, size, stride)
  }
  const write = ({ type: name, attributes, tensors, parts }: Module): Pickled =>
    pickled.object(name, {
      _parameters: pickled.fields({
        bias: pickled.none,
        ...mapValues(
          pick(tensors, (key) => !buffers.has(key)),
          store,
        ),
      }),
      _buffers: pickled.fields(
        mapValues(
          pick(tensors, (key) => buffers.has(key)),
          store,
        ),
      ),
      _modules: pickled.fields(mapValues(parts, write)),
      ...mapValues(attributes, plain),
    })
  const model = pickled.object(type, {
    _modules: pickled.fields({ model: write(sequence(...layers)) }),
    ...(init.names === undefined ? {} : { names: init.names }),
  })
  const wrap = init.wrap ?? ((whole) => pickled.fields({ ema: pickled.none, model: whole }))
  return checkpointOf(wrap(model), storages)
}

/** What torch registers as buffers: no training changes them. */
const buffers: ReadonlySet<string> = new Set(['running_mean', 'running_var', 'anchors', 'stride'])

function pick<A>(
  record: Readonly<Record<string, A>>,
  isMeant: (key: string) => boolean,
): Readonly<Record<string, A>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => isMeant(key)))
}

function plain(value: Plain): Pickled {
  if (typeof value === 'number') return pickled.number(value)
  if (typeof value === 'string') return pickled.text(value)
  if (typeof value === 'boolean') return value ? pickled.true : pickled.false
  return pickled.tuple(...value.map(plain))
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

function encode(data: readonly number[], type: NonNullable<ModelInit['elementType']>): Buffer {
  switch (type) {
    case 'Float':
      return Buffer.from(Float32Array.from(data).buffer)
    case 'Double':
      return Buffer.from(Float64Array.from(data).buffer)
    case 'Long':
      return Buffer.from(BigInt64Array.from(data.map((value) => BigInt(Math.round(value)))).buffer)
    case 'BFloat16': {
      const bits = new Uint16Array(Float32Array.from(data).buffer)
      return Buffer.from(bits.filter((_, index) => index % 2 === 1).buffer)
    }
    case 'Half': {
      const halves = new DataView(new ArrayBuffer(2 * data.length))
      for (const [index, value] of data.entries()) halves.setFloat16(2 * index, value, true)
      return Buffer.from(halves.buffer)
    }
  }
}
