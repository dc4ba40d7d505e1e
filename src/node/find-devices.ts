import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gpuClass, type Device } from '../domain/index.ts'

/** Where the machine is asked; tests ask elsewhere. */
export interface DeviceProbe {
  /** What a program prints; rejects when it is not there, fails, or takes longer than 10 s. */
  readonly output: (program: string, args: readonly string[]) => Promise<string>
  /** The root of /sys and /dev. */
  readonly root: string
}

const thisMachine: DeviceProbe = {
  output: async (program, args) => (await promisify(execFile)(program, args, { timeout: 10_000 })).stdout,
  root: '/',
}

/**
 * The accelerators of this machine: GPUs of NVIDIA (as nvidia-smi numbers them), of AMD and Intel (by PCI vendor of the
 * render nodes, in their order), and Coral Edge TPUs on PCIe and USB (class `coral`). What cannot be asked is not there.
 */
export async function findDevices(probe: DeviceProbe = thisMachine): Promise<readonly Device[]> {
  const found = await Promise.all([nvidia(probe), renderNodes(probe), coral(probe)])
  return found.flat()
}

/** Lines of `index, name, memory in MiB`. */
async function nvidia({ output }: DeviceProbe): Promise<readonly Device[]> {
  const args = ['--query-gpu=index,name,memory.total', '--format=csv,noheader,nounits']
  const printed = await output('nvidia-smi', args).catch(() => '')
  return printed.split('\n').flatMap((line): Device[] => {
    const match = /^\s*(\d+),\s*(.+?),\s*(\d+|\[.*\])\s*$/.exec(line)
    if (match === null) return []
    const [, index = '', name = '', mebibytes = ''] = match
    const memory = /^\d+$/.test(mebibytes) ? { memoryBytes: Number(mebibytes) * 1_048_576 } : {}
    return [{ class: gpuClass, vendor: 'nvidia', index: Number(index), name: name.slice(0, 200), ...memory }]
  })
}

const pciVendors: Readonly<Record<string, string>> = { '0x1002': 'amd', '0x8086': 'intel' }

async function renderNodes({ root }: DeviceProbe): Promise<readonly Device[]> {
  const folder = join(root, 'sys/class/drm')
  const nodes = (await names(folder)).filter((name) => /^renderD\d+$/.test(name)).sort()
  const counts = new Map<string, number>()
  const devices: Device[] = []
  for (const node of nodes) {
    const vendor = pciVendors[await text(join(folder, node, 'device/vendor'))]
    if (vendor === undefined) continue
    const index = counts.get(vendor) ?? 0
    counts.set(vendor, index + 1)
    devices.push({ class: gpuClass, vendor, index, name: `/dev/dri/${node}` })
  }
  return devices
}

/** USB ids of an Edge TPU before and after its firmware is loaded (coral.ai, getting started). */
const coralUsbIds = ['1a6e:089a', '18d1:9302']

async function coral({ root }: DeviceProbe): Promise<readonly Device[]> {
  const pcie = (await names(join(root, 'dev'))).filter((name) => /^apex_\d+$/.test(name)).sort()
  const usbFolder = join(root, 'sys/bus/usb/devices')
  const usb: string[] = []
  for (const name of (await names(usbFolder)).sort()) {
    const [vendor, product] = [
      await text(join(usbFolder, name, 'idVendor')),
      await text(join(usbFolder, name, 'idProduct')),
    ]
    if (coralUsbIds.includes(`${vendor}:${product}`)) usb.push(`usb ${basename(name)}`)
  }
  const paths = [...pcie.map((name) => `/dev/${name}`), ...usb]
  return paths.map((name, index) => ({ class: 'coral', vendor: 'google', index, name }))
}

function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

async function text(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim()
}
