import type { VideoSource } from '../pipeline/index.ts'

/** A path’s last name without its extension. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}

/**
 * The video that a name means: the one of that path, else the only one whose path ends so, else the only one of that
 * name without extension. Of several those count that lie in a folder whose name `near` has too (north/labels for
 * videos/north/gate.mp4). `several` where that does not decide, undefined where none fits.
 */
export function matchSource(
  called: string,
  sources: readonly VideoSource[],
  near = '',
): VideoSource | 'several' | undefined {
  const path = called.replace(/^(\.?\/)+/, '')
  const exact = sources.find(({ source }) => source === path)
  if (exact !== undefined) return exact
  const ending = sources.filter(({ source }) => source.endsWith(`/${path}`))
  const names = [path.slice(path.lastIndexOf('/') + 1), stemOf(path)]
  const fitting = ending.length > 0 ? ending : sources.filter(({ source }) => names.includes(stemOf(source)))
  return (
    theOne(fitting) ??
    theOne(fitting.filter((one) => isNear(one, near))) ??
    (fitting.length > 0 ? 'several' : undefined)
  )
}

/** The video of label files, whose names end where the video’s extension begins. */
export function matchStem(
  stem: string,
  sources: readonly VideoSource[],
  near: string,
): VideoSource | 'several' | undefined {
  const fitting = sources.filter(({ source }) => stemOf(source) === stem)
  return (
    theOne(fitting) ??
    theOne(fitting.filter((one) => isNear(one, near))) ??
    (fitting.length > 0 ? 'several' : undefined)
  )
}

function theOne(sources: readonly VideoSource[]): VideoSource | undefined {
  return sources.length === 1 ? sources[0] : undefined
}

function isNear({ source }: VideoSource, near: string): boolean {
  const folder = source.split('/').at(-2)
  return folder !== undefined && near.split('/').includes(folder)
}
