import type { Labels } from './job-spec.ts'
import { EdgeError } from './errors.ts'

/** One condition on a node’s labels. A missing label fails all but `!=` and `notin`, as in Kubernetes. */
export interface SelectorTerm {
  readonly key: string
  readonly operator: 'in' | 'notin' | 'exists'
  readonly values: readonly string[]
}

const key = String.raw`[A-Za-z0-9][A-Za-z0-9._/-]*`
const value = String.raw`[A-Za-z0-9._/-]*`
const equality = new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*(${value})$`)
const membership = new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(([^()]*)\)$`)
const existence = new RegExp(`^${key}$`)

/** Parses `a=b, c!=d, e in (f,g), h notin (i), j`; all terms must hold. Throws `spec_invalid` naming the term. */
export function parseSelector(text: string): readonly SelectorTerm[] {
  return splitTerms(text).map((term) => {
    const equal = equality.exec(term)
    if (equal) {
      const [, name = '', operator, wanted = ''] = equal
      return { key: name, operator: operator === '!=' ? 'notin' : 'in', values: [wanted] }
    }
    const member = membership.exec(term)
    if (member) {
      const [, name = '', operator, list = ''] = member
      return {
        key: name,
        operator: operator === 'in' ? 'in' : 'notin',
        values: list.split(',').map((item) => item.trim()),
      }
    }
    if (existence.test(term)) return { key: term, operator: 'exists', values: [] }
    throw new EdgeError('spec_invalid', `selector: cannot read ${JSON.stringify(term)}`, {
      hint: 'Write key=value, key!=value, key in (a,b), key notin (a,b) or key, separated by commas.',
      details: { field: 'selector' },
    })
  })
}

/** The first term that the labels do not fulfil, or undefined when all hold. */
export function failingTerm(terms: readonly SelectorTerm[], labels: Labels): SelectorTerm | undefined {
  return terms.find(({ key: name, operator, values }) => {
    const found = Object.hasOwn(labels, name) ? labels[name] : undefined
    if (operator === 'exists') return found === undefined
    if (operator === 'in') return found === undefined || !values.includes(found)
    return found !== undefined && values.includes(found)
  })
}

function splitTerms(text: string): string[] {
  return text
    .split(/,(?![^()]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
}
