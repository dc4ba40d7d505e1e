import { execFile, spawnSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { shellScripts } from '../../src/cli/complete/shell-scripts.ts'
import { JobSpec } from '../../src/domain/index.ts'
import { tempDir } from '../support/temp-dir.ts'
import { testApi } from '../support/test-api.ts'

const run = promisify(execFile)
const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

/** Runs a script in a shell that finds `edge`, before an API with one job; answers with its lines. */
async function inShell(
  program: readonly string[],
  script: string,
): Promise<{ readonly lines: readonly string[]; readonly jobId: string }> {
  const { api, orchestrator } = testApi()
  await api.start()
  const { job } = await orchestrator.submit(
    JobSpec.parse({ apiVersion: 'edge/v1', name: 'night', engine: { type: 'noop' } }),
  )
  const place = await tempDir()
  const edge = join(place, 'edge')
  await writeFile(
    edge,
    `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${main}' "$@"\n`,
  )
  await chmod(edge, 0o755)
  const env = {
    PATH: `${place}:${process.env['PATH'] ?? ''}`,
    HOME: place,
    EDGE_DATA_DIR: place,
    EDGE_NODE_CLIENTAPI_PORT: new URL(api.url).port,
  }
  const { stdout } = await run(program[0] ?? '', [...program.slice(1), script], { env, cwd: place })
  return { lines: stdout.trimEnd().split('\n'), jobId: job.id.slice(0, 8) }
}

const isThere = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

describe('edge completion', { timeout: 60_000 }, () => {
  it('completes in bash: commands, values of flags, ids of jobs, and files where only the shell can know', async () => {
    const { lines, jobId } = await inShell(
      ['bash', '-c'],
      `${shellScripts.bash}
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _edge_complete; echo "\${COMPREPLY[*]}"; }
      try edge job st
      try edge list --output = y
      try edge job stop ''
      try edge node describe ''
      try edge create ''
      try edge get --api-port 1 ''
      complete -p edge`,
    )
    expect(lines).toEqual([
      'stop',
      'yaml',
      jobId,
      'gate',
      '',
      '',
      'complete -o bashdefault -o default -F _edge_complete edge',
    ])
  })

  it.skipIf(!isThere('zsh'))('completes in zsh (skipped where there is no zsh)', async () => {
    const { lines, jobId } = await inShell(
      ['zsh', '-f', '-c'],
      `compdef() { print compdef $@ }
      _describe() { print -l -- \${(P)2} }
      _files() { print files }
      ${shellScripts.zsh}
      words=(edge job st) CURRENT=3; _edge
      words=(edge job stop '') CURRENT=4; _edge
      words=(edge create '') CURRENT=3; _edge`,
    )
    expect(lines).toEqual([
      'compdef _edge edge',
      'stop:Stop a job',
      expect.stringContaining(`${jobId}:night, Pending, `),
      'files',
    ])
  })

  it.skipIf(!isThere('fish'))('completes in fish (skipped where there is no fish)', async () => {
    const { lines, jobId } = await inShell(
      ['fish', '--no-config', '-c'],
      `${shellScripts.fish}
      complete -C 'edge job st'
      complete -C 'edge job stop '
      complete -C 'edge create /etc/host' | string match /etc/hosts`,
    )
    expect(lines).toEqual([
      'stop\tStop a job',
      expect.stringContaining(`${jobId}\tnight, Pending, `),
      '/etc/hosts',
    ])
  })
})
