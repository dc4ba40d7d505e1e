import type { Problem } from '../spec-problems.ts'

/** Two fields that stand on one line; `field: value Other: value`. Quoted values and flow maps are not looked at. */
const glued = /^\s*(?:- )?([A-Z][A-Za-z]+): +([^\s"'{[#]\S*) +([A-Z][A-Za-z]+):(?: |$)/

/** Names that hold others in Bacalhau’s documents: when one stands alone on a line, what follows belongs further in. */
const holder = /^(Job|Spec|EngineSpec|Params): *$/

/**
 * What is wrong with the text of a job spec that is no YAML, as far as people make these mistakes when they copy from web
 * pages: two lines glued together (of `wrongLines`, counted from 1, which the parser stumbled over), and indentation that was
 * lost. Empty when it is neither.
 */
export function diagnoseText(text: string, wrongLines: ReadonlySet<number>): readonly Problem[] {
  const lines = text.split(/\r?\n/)
  const problems = lines.flatMap((line, index): Problem[] => {
    const [, first = '', , second = ''] = glued.exec(line) ?? []
    if (first === '' || !wrongLines.has(index + 1)) return []
    const message = `${second} stands on the line of ${first}; give it a line of its own, indented as ${first} is`
    return [{ path: `line ${index + 1}`, message }]
  })
  const unindented = lines.findIndex(
    (line, index) => holder.test(line) && /^[A-Z]\w*:/.test(lines[index + 1] ?? ''),
  )
  if (unindented === -1) return problems
  const [name = ''] = (lines[unindented] ?? '').split(':')
  const message = `the lines below ${name} have lost their indentation; indent by two spaces more what belongs to ${name}`
  return [...problems, { path: `line ${unindented + 1}`, message }]
}
