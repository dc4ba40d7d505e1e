import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gpuClass, type Device } from '../../../domain/index.ts'
import { errnoOf } from '../../../utils/errno.ts'
import type { Accelerator } from './accelerator.ts'

/** Where the machine shows its devices. */
export interface DeviceRoots {
  readonly proc: string
  readonly sys: string
  readonly dev: string
}

const machine: DeviceRoots = { proc: '/proc', sys: '/sys', dev: '/dev' }

/** What this machine has that jobs can be given, read from the kernel’s own files; no driver is loaded or asked. */
export async function findAccelerators(roots: DeviceRoots = machine): Promise<readonly Accelerator[]> {
  const cards = await coralPcie(roots)
  return [
    ...(await nvidia(roots)),
    ...(await rendering(roots)),
    ...cards,
    ...(await coralUsb(roots, cards.length)),
  ]
}

function gpu(vendor: 'nvidia' | 'amd' | 'intel', name: string, index: number): Device {
  return { class: gpuClass, vendor, index, name: name.slice(0, 200) }
}

function edgeTpu(name: string, index: number): Device {
  return { class: 'coral', vendor: 'google', index, name }
}

/** `/proc/driver/nvidia/gpus/<pci address>/information`, in the order of PCI addresses (hexadecimal), as the runtime numbers them. */
async function nvidia({ proc }: DeviceRoots): Promise<Accelerator[]> {
  const folder = join(proc, 'driver/nvidia/gpus')
  const found: Accelerator[] = []
  for (const [index, address] of (await names(folder)).toSorted().entries()) {
    const text = (await textOf(join(folder, address, 'information'))) ?? ''
    const name = /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? 'NVIDIA GPU'
    found.push({ id: `nvidia:${index}`, device: gpu('nvidia', name, index), paths: [], groups: [] })
  }
  return found
}

const vendors = new Map([
  ['0x1002', 'amd'],
  ['0x8086', 'intel'],
] as const)

/** Render nodes of AMD (with the compute node /dev/kfd) and Intel; vendors by PCI id. */
async function rendering({ sys, dev }: DeviceRoots): Promise<Accelerator[]> {
  const found: Accelerator[] = []
  for (const node of await names(join(sys, 'class/drm'), /^renderD\d+$/)) {
    const id = (await textOf(join(sys, 'class/drm', node, 'device/vendor')))?.trim().toLowerCase()
    const kind = [...vendors].find(([vendor]) => vendor === id)?.[1]
    if (kind === undefined) continue
    const wanted = [join(dev, 'dri', node), ...(kind === 'amd' ? [join(dev, 'kfd')] : [])]
    const paths = await present(wanted)
    if (!paths.includes(wanted[0] ?? '')) continue
    const index = found.filter(({ device }) => device.vendor === kind).length
    const device = gpu(kind, `${kind} ${node}`, index)
    found.push({ id: `${kind}:${node}`, device, paths, groups: await groupsOf(paths) })
  }
  return found
}

/** Coral on PCIe or M.2: one node of the gasket driver for each Edge TPU. */
async function coralPcie({ dev }: DeviceRoots): Promise<Accelerator[]> {
  const found: Accelerator[] = []
  for (const node of await names(dev, /^apex_\d+$/)) {
    const paths = [join(dev, node)]
    const device = edgeTpu(`Coral ${node}`, found.length)
    found.push({ id: `coral:${node}`, device, paths, groups: await groupsOf(paths) })
  }
  return found
}

/** The Coral USB Accelerator: the first id before its firmware is loaded, the second after. */
const coralUsbIds = new Set(['1a6e:089a', '18d1:9302'])

/** `from`: so many Edge TPUs were found before. */
async function coralUsb({ sys, dev }: DeviceRoots, from: number): Promise<Accelerator[]> {
  const folder = join(sys, 'bus/usb/devices')
  const found: Accelerator[] = []
  for (const device of await names(folder)) {
    const read = async (file: string) => (await textOf(join(folder, device, file)))?.trim() ?? ''
    if (!coralUsbIds.has(`${await read('idVendor')}:${await read('idProduct')}`)) continue
    const [bus, number] = [await read('busnum'), await read('devnum')].map((text) => text.padStart(3, '0'))
    const paths = await present([join(dev, 'bus/usb', bus ?? '', number ?? '')])
    if (paths.length === 0) continue
    const groups = await groupsOf(paths)
    const tpu = edgeTpu('Coral USB', from + found.length)
    found.push({ id: `coral:usb-${basename(device)}`, device: tpu, paths, groups })
  }
  return found
}

async function names(folder: string, pattern = /./): Promise<readonly string[]> {
  const found = await readdir(folder).catch(absent)
  return (found ?? [])
    .filter((name) => pattern.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(absent)
}

async function present(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of paths) if ((await stat(path).catch(absent)) !== undefined) found.push(path)
  return found
}

/** Root’s group lets nobody in. */
async function groupsOf(paths: readonly string[]): Promise<readonly number[]> {
  const groups = new Set<number>()
  for (const path of paths) {
    const gid = (await stat(path).catch(absent))?.gid ?? 0
    if (gid !== 0) groups.add(gid)
  }
  return [...groups]
}

/** What this machine does not have, or does not show to this user, is not there. */
function absent(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return undefined
  throw error
}
