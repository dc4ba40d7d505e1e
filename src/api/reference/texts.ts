/** What is to be known of the API as a whole; in Markdown. */
export const about = `Jobs over video where it lies, and the clips that matter.

**Token.** On 127.0.0.1 everybody may ask. On any other address the API wants \`authorization: Bearer TOKEN\`, the token
that \`edge serve\` printed. Writes want \`content-type: application/json\`, also with an empty body.

**Errors** are \`{ error: { code, message, retryable, hint, details? }, requestId }\`; the codes are those of the table of
errors. \`requestId\` is the header \`x-request-id\`, the caller’s own if it sent one.

**Lists** come page by page: \`limit\` items (100 unless told, 1000 at most) in an order that stays. \`next\` of a page is the
\`cursor\` of the next one, and a header \`Link: <URL>; rel="next"\` leads there; without \`next\` it was the last. Items that come
or go meanwhile move no others. A cursor is good for its own list only, and nobody but the API reads it.

**ETags.** Every document that is read has an ETag. \`If-None-Match\` with it is answered 304 without a body while nothing has
changed. That of a job is \`"REVISION-DIGEST"\`: the revision counts changes of its state, the digest also covers progress and
connectivity. \`If-Match\` on stopping compares the revision alone and takes it alone, too (\`"3"\`): a job that has moved on is left
alone, with 412 \`precondition_failed\`.

**Streams.** News are server-sent events. \`id\` is the sequence number of the durable history, so \`Last-Event-ID\` goes on after it
without loss or repetition, also after the requester was restarted; passing news (progress, connectivity) has no \`id\` and is not
told twice. \`retry\` says when to come again, comments keep the connection, \`event: end\` says that nothing follows and
\`event: error\` what broke it off. Logs are lines of JSON; empty lines keep the connection.`

export const tagTexts: Readonly<Record<string, string>> = {
  agent: 'Who answers here; also on nodes that only compute.',
  jobs: 'What was asked for: accepted, shown, stopped.',
  events: 'News as it happens.',
  nodes: 'The fleet.',
  blocks: 'The bytes of results.',
}
