import type { Args } from './command.ts'

/** Under this name a command gets the words that are not its own. */
export const wordsKey = 'passedOn'

export function wordsOf(args: Args): readonly string[] {
  return (args[wordsKey] as readonly string[] | undefined) ?? []
}

interface BacalhauEnv {
  readonly env: readonly string[]
  readonly words: readonly string[]
  readonly note?: string
}

/**
 * Bacalhau reads its flags after the image, too, and its guides write `IMAGE --env=WEIGHTS_PATH=...`. Leading words of
 * that form are no arguments that a program would like: they are taken as flags, and a note says so. `--` before them
 * gives them to the container.
 */
export function bacalhauEnv(passedOn: readonly string[]): BacalhauEnv {
  if (passedOn[0] === '--') return { env: [], words: passedOn.slice(1) }
  const env: string[] = []
  let at = 0
  for (; at < passedOn.length; at++) {
    const [, inOne] = /^[-–—]{1,2}env=([A-Za-z_]\w*=.*)$/s.exec(passedOn[at] ?? '') ?? []
    const next = passedOn[at + 1] ?? ''
    if (inOne !== undefined) env.push(inOne)
    else if (/^([-–—]{1,2}env|-e)$/.test(passedOn[at] ?? '') && /^[A-Za-z_]\w*=/.test(next)) {
      env.push(next)
      at++
    } else break
  }
  if (env.length === 0) return { env, words: passedOn }
  const names = env.map((pair) => pair.slice(0, pair.indexOf('='))).join(', ')
  return {
    env,
    words: passedOn.slice(at),
    note: `--env after the image is read as edge’s own, as Bacalhau does (${names}); it belongs before the image, and -- before it would give it to the container.`,
  }
}
