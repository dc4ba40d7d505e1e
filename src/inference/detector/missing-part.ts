import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RuntimeProvider } from './provider.ts'

/**
 * What a provider cannot be without and that can be seen not to be there, so that no process need be started to learn it;
 * undefined when that is left to a trial.
 */
export async function missingPart(name: RuntimeProvider): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  if (name === 'cuda' || name === 'tensorrt') return missingLibrary(name)
  if (name === 'webgpu') return missingVulkan()
  return undefined
}

async function missingLibrary(name: 'cuda' | 'tensorrt'): Promise<string | undefined> {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch)
  const library = `libonnxruntime_providers_${name}.so`
  const files = await filesIn(folder)
  // A runtime that is laid out otherwise is asked itself.
  if (!files.includes('onnxruntime_binding.node') || files.includes(library)) return undefined
  return `its library is not installed (there is no ${library} beside onnxruntime-node’s)`
}

/** WebGPU is Vulkan on Linux; its loader looks for drivers in these places (Khronos’ LoaderDriverInterface.md). */
async function missingVulkan(): Promise<string | undefined> {
  const { env } = process
  const named = [env['VK_DRIVER_FILES'], env['VK_ICD_FILENAMES'], env['VK_ADD_DRIVER_FILES']]
  if (named.some((value) => value !== undefined && value !== '')) return undefined
  const roots = [
    ...(env['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(':'),
    ...(env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share').split(':'),
    env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'),
    env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'),
    ...['/etc', '/usr/local/etc', '/usr/local/share', '/usr/share', '/run/opengl-driver/share'],
  ]
  for (const root of roots.filter((each) => each !== '')) {
    const drivers = (await filesIn(join(root, 'vulkan/icd.d'))).filter((file) => file.endsWith('.json'))
    if (drivers.length > 0) return undefined
  }
  return 'no Vulkan driver is installed (no folder vulkan/icd.d holds one)'
}

async function filesIn(folder: string): Promise<readonly string[]> {
  // A folder that cannot be read holds nothing that the loader could use.
  return readdir(folder).catch(() => [])
}
