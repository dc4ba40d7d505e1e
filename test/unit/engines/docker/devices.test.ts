import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { JobSpec, deviceKey } from '../../../../src/domain/index.ts'
import type { Accelerator } from '../../../../src/engines/docker/devices/accelerator.ts'
import { findAccelerators } from '../../../../src/engines/docker/index.ts'
import { containerPayload } from '../../../../src/engines/docker/container-payload.ts'
import { recordedWork } from '../../../conformance/engine.ts'
import { capableEngine, plainImage } from '../../../support/fake-docker.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const gpu = (index: number): Accelerator => ({
  id: `nvidia:${index}`,
  device: { class: 'gpu', vendor: 'nvidia', index, name: 'A2' },
  paths: [],
  groups: [],
})
const amd: Accelerator = {
  id: 'amd:renderD128',
  device: { class: 'gpu', vendor: 'amd', index: 0, name: 'amd' },
  paths: ['/dev/dri/renderD128', '/dev/kfd'],
  groups: [105],
}
const coral: Accelerator = {
  id: 'coral:apex_0',
  device: { class: 'coral', vendor: 'google', index: 0, name: 'Coral' },
  paths: ['/dev/apex_0'],
  groups: [],
}

async function machine(
  files: Readonly<Record<string, string>>,
): Promise<{ proc: string; sys: string; dev: string }> {
  const root = await tempDir()
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  return { proc: join(root, 'proc'), sys: join(root, 'sys'), dev: join(root, 'dev') }
}

describe('what a machine has', () => {
  it('is nothing where there is nothing', async () => {
    expect(await findAccelerators(await machine({}))).toEqual([])
  })

  it('is NVIDIA by number, AMD and Intel by render node, Coral on PCIe and USB', async () => {
    const roots = await machine({
      'proc/driver/nvidia/gpus/0000:01:00.0/information': 'Model: \t\t NVIDIA A2\nIRQ: 5\n',
      'proc/driver/nvidia/gpus/0000:0a:00.0/information': 'Model: NVIDIA T4\n',
      'sys/class/drm/renderD128/device/vendor': '0x1002\n',
      'sys/class/drm/renderD129/device/vendor': '0x8086\n',
      'sys/class/drm/renderD130/device/vendor': '0x10de\n',
      'sys/class/drm/card0/device/vendor': '0x8086\n',
      'dev/dri/renderD128': '',
      'dev/dri/renderD129': '',
      'dev/dri/renderD130': '',
      'dev/kfd': '',
      'dev/apex_0': '',
      'sys/bus/usb/devices/1-2/idVendor': '18d1\n',
      'sys/bus/usb/devices/1-2/idProduct': '9302\n',
      'sys/bus/usb/devices/1-2/busnum': '1\n',
      'sys/bus/usb/devices/1-2/devnum': '7\n',
      'dev/bus/usb/001/007': '',
      'sys/bus/usb/devices/1-3/idVendor': '046d\n',
      'sys/bus/usb/devices/1-3/idProduct': '0825\n',
    })
    const found = await findAccelerators(roots)
    expect(found.map(({ id, device }) => `${id} ${deviceKey(device)} ${device.name}`)).toEqual([
      'nvidia:0 gpu/nvidia/0 NVIDIA A2',
      'nvidia:1 gpu/nvidia/1 NVIDIA T4',
      'amd:renderD128 gpu/amd/0 amd renderD128',
      'intel:renderD129 gpu/intel/0 intel renderD129',
      'coral:apex_0 coral/google/0 Coral apex_0',
      'coral:usb-1-2 coral/google/1 Coral USB',
    ])
    expect(found[2]?.paths).toEqual([join(roots.dev, 'dri/renderD128'), join(roots.dev, 'kfd')])
    expect(found[5]?.paths).toEqual([join(roots.dev, 'bus/usb/001/007')])
  })
})

describe('what a job is given', () => {
  it('is named one by one in the container, never as all there is', async () => {
    const spec = JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'docker', image: 'w' } })
    if (spec.engine.type !== 'docker') throw new Error('not reached')
    const { HostConfig } = containerPayload({
      work: await recordedWork(spec.engine, []),
      engine: spec.engine,
      image: plainImage,
      facts: capableEngine,
      nodeId: 'n',
      user: { text: '1:1' },
      accelerators: [gpu(1), amd, coral],
      logBase: { stdout: 0, stderr: 0 },
      largestFileBytes: 1,
    })
    expect(HostConfig?.DeviceRequests).toEqual([
      { Driver: 'nvidia', DeviceIDs: ['1'], Capabilities: [['gpu']] },
    ])
    expect(HostConfig?.Devices).toMatchObject([
      { PathOnHost: '/dev/dri/renderD128' },
      { PathOnHost: '/dev/kfd' },
      { PathOnHost: '/dev/apex_0' },
    ])
    expect(HostConfig?.GroupAdd).toEqual(['105'])
  })
})
