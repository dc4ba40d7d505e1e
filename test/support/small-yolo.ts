import { Modules, concat, layer, sequence, upsample } from './torch-model.ts'
import type { ConvInit, Module } from './torch-model.ts'

/** A whole small model: strides 8 and 16, two classes, this first layer and these blocks. */
export function small(
  first: Module,
  make: (modules: Modules) => readonly [Module, Module, Module],
): Module[] {
  const modules = new Modules()
  const [early, deep, late] = make(modules)
  return [
    layer(-1, first),
    layer(-1, modules.conv(4, 6, { kernel: 3, stride: 2 })),
    layer(-1, early),
    layer(-1, modules.conv(8, 8, { kernel: 3, stride: 2 })),
    layer(-1, modules.conv(8, 8, { kernel: 3, stride: 2, act: 'Hardswish' })),
    layer(-1, deep),
    layer(-1, upsample),
    layer([-1, 3], concat),
    layer(-1, late),
    layer([8, 5], modules.detect(2, [8, 8], [8, 16])),
  ]
}

export const v6 = (): Module[] =>
  small(new Modules().conv(3, 4, { kernel: 6, stride: 2, padding: 2 }), (make) => [
    make.c3(6, 8),
    make.sppf(8, 8),
    make.c3(16, 8, false),
  ])
export const v5 = (): Module[] =>
  small(new Modules().focus(4, { kernel: 3 }), (make) => [
    make.c3(6, 8),
    make.spp(8, 8),
    make.c3(16, 8, false),
  ])
export const v3 = (): Module[] =>
  small(new Modules().focus(4, { kernel: 3, act: 'Hardswish' }), (make) => [
    make.bottleneckCsp(6, 8),
    make.spp(8, 8),
    sequence(make.bottleneckCsp(16, 8), make.bottleneck(8, true, { act: 'ReLU' })),
  ])
export const firstConv = (init: ConvInit): Module[] =>
  small(new Modules().conv(3, 4, init), (make) => [
    make.conv(6, 8),
    make.conv2d(8, 8),
    make.conv(16, 8, { isFused: true, act: 'Identity' }),
  ])

/** The layers of YOLOv5 4 to 7, one activation throughout, as trained or fused; `first` stands for the version. */
export const whole = (first: 'Conv' | 'Focus', init: ConvInit): Module[] => {
  const modules = new Modules()
  const down = { ...init, kernel: 3, stride: 2 }
  return [
    layer(
      -1,
      first === 'Focus'
        ? modules.focus(4, { ...init, kernel: 3 })
        : modules.conv(3, 4, { ...init, kernel: 6, stride: 2, padding: 2 }),
    ),
    layer(-1, modules.conv(4, 6, down)),
    layer(-1, modules.c3(6, 8, true, init)),
    layer(-1, modules.conv(8, 8, down)),
    layer(-1, modules.conv(8, 8, down)),
    layer(-1, first === 'Focus' ? modules.spp(8, 8, init) : modules.sppf(8, 8, init)),
    layer(-1, upsample),
    layer([-1, 3], concat),
    layer(-1, modules.c3(16, 8, false, init)),
    layer([8, 5], modules.detect(2, [8, 8], [8, 16])),
  ]
}

/** Four levels, 8 to 64, as the P6 models have. */
export const p6 = (classes: number): Module[] => {
  const modules = new Modules()
  const down = { kernel: 3, stride: 2 }
  return [
    layer(-1, modules.conv(3, 4, { kernel: 6, stride: 2, padding: 2 })),
    layer(-1, modules.conv(4, 4, down)),
    layer(-1, modules.conv(4, 6, down)),
    layer(-1, modules.c3(6, 6)),
    layer(-1, modules.conv(6, 6, down)),
    layer(-1, modules.conv(6, 6, down)),
    layer(-1, modules.conv(6, 8, down)),
    layer(-1, modules.sppf(8, 8)),
    layer(-1, upsample),
    layer([-1, 5], concat),
    layer(-1, modules.c3(14, 6, false)),
    layer([3, 4, 10, 7], modules.detect(classes, [6, 6, 6, 8], [8, 16, 32, 64])),
  ]
}
