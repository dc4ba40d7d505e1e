// Brings a checkout to where `bin/edge` and the tests run: packages by `npm ci` when they are missing or older than the
// lock file, then the build when a source is newer than it. Runs on any Node >= 18 and needs nothing installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...names) => join(root, ...names)
const ageOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

/** Runs a command in the checkout, quiet unless it fails. */
function run(what, command, args) {
  process.stderr.write(`setup: ${what} ...\n`)
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (error === undefined && status === 0) return
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : `${error.message}\n`}`)
  process.stderr.write(`setup: ${what} failed: ${command} ${args.join(' ')}\n`)
  process.exit(1)
}

function newestIn(directory) {
  let newest = 0
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs)
  }
  return newest
}

const installed = at('node_modules', '.edge-installed')
if (ageOf(installed) < Math.max(ageOf(at('package-lock.json')), ageOf(at('package.json')))) {
  run('installing packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(installed, '')
}

const node = existsSync(at('node_modules', 'node', 'bin', 'node'))
  ? at('node_modules', 'node', 'bin', 'node')
  : process.execPath
const built = at('dist', '.edge-built')
if (ageOf(built) < Math.max(newestIn(at('src')), ageOf(at('tsconfig.build.json')), ageOf(installed))) {
  // Beside first: a build that fails leaves what is there.
  const fresh = at('dist.new')
  rmSync(fresh, { recursive: true, force: true })
  run('building', node, [
    at('node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
    '--outDir',
    fresh,
  ])
  writeFileSync(join(fresh, '.edge-built'), '')
  rmSync(at('dist'), { recursive: true, force: true })
  renameSync(fresh, at('dist'))
}
