/** A path as places are compared: no empty or `.` parts, no slash at its end; `/` for the root. */
export function normalPath(path: string): string {
  return `/${path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')}`
}

/** Whether a path is the folder or lies in it; both normal. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || `${path}/`.startsWith(`${folder}/`)
}

export interface Clash<Place> {
  readonly place: Place
  /** The place before it that one of them hides; undefined when it is the root folder, which hides everything. */
  readonly other?: Place
}

/** Places in the work’s file system that hide one another: two at one path, or one within the other. */
export function* placeClashes<Place extends { readonly path: string }>(
  places: readonly Place[],
): Generator<Clash<Place>> {
  const paths = places.map(({ path }) => normalPath(path))
  for (const [index, place] of places.entries()) {
    const path = paths[index] ?? '/'
    if (path === '/') {
      yield { place }
      continue
    }
    const other = places.find((_, before) => {
      const earlier = paths[before] ?? '/'
      return before < index && earlier !== '/' && (isWithin(path, earlier) || isWithin(earlier, path))
    })
    if (other !== undefined) yield { place, other }
  }
}
