import { CheckpointError } from './checkpoint-error.ts'
import { elementBytes } from './pickle-values.ts'
import type { GlobalRole } from './pickle-values.ts'

const named = (role: GlobalRole, prefix: string, names: string): (readonly [string, GlobalRole])[] =>
  names.split(' ').map((name) => [`${prefix}.${name}`, role])

/** Every name that a YOLOv5 checkpoint of version 1 to 7 needs. What is `ignored` is only let pass: nobody reads it. */
const knownGlobals: ReadonlyMap<string, GlobalRole> = new Map([
  ...named('block', 'models.yolo', 'Model DetectionModel Detect'),
  ...named('block', 'models.common', 'Conv Focus Bottleneck BottleneckCSP C3 SPP SPPF Concat'),
  ...named('block', 'torch.nn.modules.container', 'Sequential ModuleList'),
  ...named('block', 'torch.nn.modules.activation', 'SiLU Hardswish LeakyReLU ReLU'),
  ...named('block', 'torch.nn.modules.conv', 'Conv2d'),
  ...named('block', 'torch.nn.modules.batchnorm', 'BatchNorm2d'),
  ...named('block', 'torch.nn.modules.linear', 'Identity'),
  ...named('block', 'torch.nn.modules.pooling', 'MaxPool2d'),
  ...named('block', 'torch.nn.modules.upsampling', 'Upsample'),
  ...named('storage', 'torch', storageNames()),
  ...named('tensor', 'torch._utils', '_rebuild_tensor_v2'),
  ...named('parameter', 'torch._utils', '_rebuild_parameter'),
  ...named('size', 'torch', 'Size'),
  ...named('dict', 'collections', 'OrderedDict'),
  // Model.fuse() of YOLOv5 puts the bound method forward_fuse into the object.
  ...named('method', '__builtin__', 'getattr'),
  ...named('ignored', '__builtin__', 'set'),
  ...named('ignored', 'torch', 'device'),
  ...named('ignored', 'pathlib', 'PosixPath WindowsPath'),
  // best_fitness of a training is a number of numpy’s.
  ...named('ignored', 'numpy', 'dtype ndarray'),
  ...named('ignored', 'numpy.core.multiarray', 'scalar _reconstruct'),
  ...named('ignored', 'numpy._core.multiarray', 'scalar _reconstruct'),
  ...named('ignored', '_codecs', 'encode'),
])

function storageNames(): string {
  return Object.keys(elementBytes)
    .map((type) => `${type}Storage`)
    .join(' ')
}

/** What may be done with a name that a pickle asks for; throws CheckpointError for every name not in the list. */
export function roleOfGlobal(module: string, name: string): GlobalRole {
  const full = `${module}.${name}`
  const role = knownGlobals.get(full)
  if (role !== undefined) return role
  const shown = full.slice(0, 120)
  if (module.startsWith('ultralytics.')) {
    throw new CheckpointError(
      `it is a model of the ultralytics package (YOLOv8 or later; ${shown}), not a YOLOv5`,
    )
  }
  if (module.startsWith('models.') || module.startsWith('torch.nn.')) {
    throw new CheckpointError(
      `it has blocks of type ${name.slice(0, 80)} (${shown}), which no YOLOv5 detection model has; perhaps it is a YOLOv5-Lite or another variant`,
    )
  }
  throw new CheckpointError(`it asks for ${shown}, which no YOLOv5 checkpoint needs; nothing of it was run`)
}
