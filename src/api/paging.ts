import { cursorOf, placeOf } from './cursors.ts'

/** Items of a page unless the query says another number. */
export const pageSize = 100

export interface PageQuery {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

export interface Page<T> {
  readonly items: T[]
  readonly next?: string
}

/** How a list is ordered: what of an item decides, and whether that comes after a place (see cursors.ts). */
interface Order<T> {
  readonly list: string
  readonly keyOf: (item: T) => readonly (string | number)[]
  readonly isAfter: (item: T, place: readonly (string | number)[]) => boolean
}

/** The page of a whole list, already in order, that a query asks for. Items that come and go move no others. */
export function pageOf<T>(
  all: readonly T[],
  { list, keyOf, isAfter }: Order<T>,
  { cursor, limit = pageSize }: PageQuery,
): Page<T> {
  const place = placeOf(list, cursor)
  const rest = place === undefined ? all : all.filter((item) => isAfter(item, place))
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return last !== undefined && rest.length > limit ? { items, next: cursorOf(list, keyOf(last)) } : { items }
}

/** The order of a list whose items are named by ids that `ids` has in order; an id that is not there comes first. */
export function orderBy<T>(list: string, idOf: (item: T) => string, ids: readonly string[]): Order<T> {
  const places = new Map(ids.map((id, index) => [id, index]))
  const at = (id: unknown): number => places.get(String(id)) ?? -1
  return {
    list,
    keyOf: (item) => [idOf(item)],
    isAfter: (item, [id]) => at(idOf(item)) > at(id),
  }
}
