/** One thing that was tried: `bad` when a node needs it, `note` when it only limits what can be done. */
export interface Finding {
  readonly what: string
  readonly verdict: 'ok' | 'note' | 'bad'
  readonly found: string
  readonly mend?: string
}
