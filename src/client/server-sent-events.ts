export interface ServerSentEvent {
  readonly event: string
  readonly data: string
}

/**
 * Lines as the events they spell (HTML standard, section 9.2.6): fields until an empty line. Comments are skipped, `id`
 * and `retry` too: our events carry their number in the data. An event that is cut off is none.
 */
export async function* serverSentEvents(lines: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let event = ''
  let data: string[] = []
  for await (const line of lines) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
}
