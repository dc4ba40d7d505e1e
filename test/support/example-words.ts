/** The words after `edge` of an example as a shell would read it: pipes, redirections and `<(...)` around it left out. */
export function exampleWords(line: string): readonly string[] {
  const call = /(?:^|\s|\()edge (.*)$/.exec(line)?.[1]
  if (call === undefined) throw new Error(`no call of edge in ${JSON.stringify(line)}`)
  const words = (call.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/['"]/g, ''))
  const end = words.findIndex((word) => ['<', '>', '|'].includes(word))
  return (end === -1 ? words : words.slice(0, end)).map((word) => word.replace(/\)$/, ''))
}
