import { execFile } from 'node:child_process'
import {
  chmod,
  copyFile,
  cp,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '../..')
const onnxruntime = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`

type Docker = (...args: readonly string[]) => Promise<string>

/** An image with this machine’s node, ffmpeg and ffprobe, their libraries, and busybox: what a distribution’s would have. */
export async function importNodeImage(docker: Docker, tag: string, directory: string): Promise<void> {
  const root = join(directory, 'root')
  for (const folder of ['bin', 'tmp', 'etc', 'usr/bin', 'usr/local/bin', 'usr/local/lib', 'root', 'var'])
    await mkdir(join(root, folder), { recursive: true })
  await chmod(join(root, 'tmp'), 0o1777)
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await copyFile('/bin/busybox', join(root, 'bin/busybox'))
  const { stdout: applets } = await run('/bin/busybox', ['--list'])
  for (const name of applets.trim().split('\n'))
    if (name !== 'busybox') await symlink('/bin/busybox', join(root, 'bin', name))
  await copyFile(process.execPath, join(root, 'usr/local/bin/node'))
  const programs = await Promise.all(['ffmpeg', 'ffprobe'].map(pathOf))
  for (const program of programs)
    await copyFile(program, join(root, 'usr/bin', program.split('/').at(-1) ?? ''))
  const addon = join(repository, onnxruntime, 'onnxruntime_binding.node')
  for (const library of await librariesOf([process.execPath, addon, ...programs])) {
    await mkdir(join(root, dirname(library)), { recursive: true })
    await copyFile(library, join(root, library))
  }
  const archive = join(directory, 'root.tar')
  await run('tar', ['-C', root, '-cf', archive, '.'])
  await docker('import', archive, tag)
}

async function pathOf(program: string): Promise<string> {
  return (await run('sh', ['-c', `command -v ${program}`])).stdout.trim()
}

async function librariesOf(programs: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [...programs])
  const found = stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)
  return [...new Set([...found].map(([, path = '']) => path))].filter((path) => !path.startsWith(repository))
}

/** The context of docker/build.sh as it is, and the packages that `npm ci` would bring, by hard links. */
export async function stageContext(directory: string): Promise<string> {
  const context = join(directory, 'context')
  await mkdir(join(context, 'node_modules'), { recursive: true })
  for (const name of ['bin', 'dist', 'docker', 'package.json', 'LICENSE'])
    await cp(join(repository, name), join(context, name), { recursive: true })
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const isWanted = path !== '' && dev !== true && !/^node_modules\/(node|@ff\w+-installer)(\/|$)/.test(path)
    if (isWanted && !path.slice(1).includes('/node_modules/')) await linkTree(path, context)
  }
  return context
}

/** What is of another platform stays behind, as the Dockerfile would remove it. */
async function linkTree(path: string, context: string): Promise<void> {
  const from = join(repository, path)
  const about = await lstat(from).catch(() => undefined)
  if (about === undefined || /\/bin\/napi-v\d\/(darwin|win32)$/.test(path)) return
  if (!(await stat(from)).isDirectory()) {
    if (about.isFile()) await link(from, join(context, path)).catch(() => copyFile(from, join(context, path)))
    return
  }
  await mkdir(join(context, path), { recursive: true })
  for (const name of await readdir(from)) await linkTree(join(path, name), context)
}
