import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findDevices } from '../../../src/node/find-devices.ts'
import { tempDir } from '../../support/temp-dir.ts'

const nothing = () => Promise.reject(new Error('spawn nvidia-smi ENOENT'))

describe('the devices of a machine', () => {
  it('are none where nothing is found', async () => {
    expect(await findDevices({ output: nothing, root: await tempDir() })).toEqual([])
  })

  it('are the GPUs that nvidia-smi lists, with their memory where it is told', async () => {
    const printed = '0, NVIDIA H100 80GB HBM3, 81559\n1, Orin (nvgpu), [N/A]\n'
    expect(await findDevices({ output: () => Promise.resolve(printed), root: await tempDir() })).toEqual([
      {
        class: 'gpu',
        vendor: 'nvidia',
        index: 0,
        name: 'NVIDIA H100 80GB HBM3',
        memoryBytes: 81_559 * 2 ** 20,
      },
      { class: 'gpu', vendor: 'nvidia', index: 1, name: 'Orin (nvgpu)' },
    ])
  })

  it('are render nodes of AMD and Intel, and Edge TPUs on PCIe and USB', async () => {
    const root = await tempDir()
    const files = {
      'sys/class/drm/renderD128/device/vendor': '0x8086\n',
      'sys/class/drm/renderD129/device/vendor': '0x1002\n',
      'sys/class/drm/renderD130/device/vendor': '0x10de\n',
      'sys/bus/usb/devices/2-1/idVendor': '18d1\n',
      'sys/bus/usb/devices/2-1/idProduct': '9302\n',
      'dev/apex_0': '',
    }
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), content)
    }
    expect(await findDevices({ output: nothing, root })).toEqual([
      { class: 'gpu', vendor: 'intel', index: 0, name: '/dev/dri/renderD128' },
      { class: 'gpu', vendor: 'amd', index: 0, name: '/dev/dri/renderD129' },
      { class: 'coral', vendor: 'google', index: 0, name: '/dev/apex_0' },
      { class: 'coral', vendor: 'google', index: 1, name: 'usb 2-1' },
    ])
  })
})
