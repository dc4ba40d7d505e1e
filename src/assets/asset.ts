/** Something that edge uses and does not ship: known by name, checked by hash, fetched when it is needed. */
export interface Asset {
  readonly kind: 'model' | 'sample'
  /** Where it lies below a mirror and below the cache. */
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly licence: string
  readonly licenceUrl?: string
  readonly source: string
  /** Who is to be named where the picture is shown. */
  readonly attribution?: string
  /** Undefined when there is no public place with exactly these bytes. */
  readonly url?: string
}
