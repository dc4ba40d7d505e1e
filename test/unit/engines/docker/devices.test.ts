import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { JobSpec } from '../../../../src/domain/index.ts'
import type { Accelerator } from '../../../../src/engines/docker/devices/accelerator.ts'
import { chooseAccelerators } from '../../../../src/engines/docker/devices/choose-accelerators.ts'
import { DeviceClaims } from '../../../../src/engines/docker/devices/device-claims.ts'
import { findAccelerators } from '../../../../src/engines/docker/index.ts'
import { containerPayload } from '../../../../src/engines/docker/container-payload.ts'
import { recordedWork } from '../../../conformance/engine.ts'
import { capableEngine, FakeDocker, plainImage } from '../../../support/fake-docker.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const gpu = (index: number): Accelerator => ({
  id: `nvidia:${index}`,
  kind: 'nvidia',
  name: 'A2',
  index,
  paths: [],
  groups: [],
})
const amd: Accelerator = {
  id: 'amd:renderD128',
  kind: 'amd',
  name: 'amd',
  paths: ['/dev/dri/renderD128', '/dev/kfd'],
  groups: [105],
}
const coral: Accelerator = {
  id: 'coral:apex_0',
  kind: 'coral',
  name: 'Coral',
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
    expect(found.map(({ id, name }) => `${id} ${name}`)).toEqual([
      'nvidia:0 NVIDIA A2',
      'nvidia:1 NVIDIA T4',
      'amd:renderD128 amd renderD128',
      'intel:renderD129 intel renderD129',
      'coral:apex_0 Coral apex_0',
      'coral:usb-1-2 Coral USB',
    ])
    expect(found[2]?.paths).toEqual([join(roots.dev, 'dri/renderD128'), join(roots.dev, 'kfd')])
    expect(found[5]?.paths).toEqual([join(roots.dev, 'bus/usb/001/007')])
  })
})

describe('what a job is given', () => {
  const ask = (change: object): JobSpec['resources'] =>
    JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' }, resources: change }).resources

  it('is as many GPUs as asked, of one vendor, and one device of each class', () => {
    const all = [amd, gpu(0), gpu(1), coral]
    expect(chooseAccelerators(all, ask({ gpu: 2 }))).toEqual({ ok: true, chosen: [gpu(0), gpu(1)] })
    expect(chooseAccelerators(all, ask({ gpu: 1, gpuVendor: 'amd', devices: ['coral'] }))).toEqual({
      ok: true,
      chosen: [amd, coral],
    })
    expect(chooseAccelerators(all, ask({ gpu: 3 }))).toMatchObject({ ok: false })
    expect(chooseAccelerators(all, ask({ devices: ['coral', 'coral'] }))).toMatchObject({ ok: false })
    expect(chooseAccelerators(all, ask({ devices: ['nvidia'] }))).toMatchObject({ ok: false })
  })

  it('is nobody else’s: of this life of the node, or of a container from an earlier one', async () => {
    const api = new FakeDocker()
    api.list = () =>
      Promise.resolve([
        { Names: ['/x'], State: 'running', Labels: { 'edge.execution': 'e-0', 'edge.devices': 'nvidia:0' } },
      ])
    const claims = new DeviceClaims({ api, nodeId: 'n', accelerators: [gpu(0), gpu(1)] })
    const work = async (executionId: string) => ({
      ...(await recordedWork({ type: 'noop', durationMs: 0, exitCode: 0 }, [])),
      executionId: executionId as never,
      spec: JobSpec.parse({ apiVersion: 'edge/v1', engine: { type: 'noop' }, resources: { gpu: 1 } }),
    })
    expect(await claims.claim(await work('e-1'), {})).toEqual([gpu(1)])
    await expect(claims.claim(await work('e-2'), {})).rejects.toMatchObject({ code: 'container_refused' })
    claims.release('e-1' as never)
    expect(await claims.claim(await work('e-2'), {})).toEqual([gpu(1)])
  })

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
