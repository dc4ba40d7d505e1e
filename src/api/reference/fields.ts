import type { Schema } from './document.ts'

/** One line of a table of fields. */
export interface Field {
  /** From the schema down: `inputs[].source`, or `inputs[].source(url).sha256` for one of several forms. */
  readonly name: string
  readonly isRequired: boolean
  readonly schema: Schema
}

/** All fields of a schema, those of unnamed schemas within it too; named ones are referred to. */
export function fieldsOf(schema: Schema, prefix = ''): readonly Field[] {
  const variants = schema.oneOf ?? schema.anyOf ?? []
  if (variants.length > 0)
    return variants.flatMap((variant) => fieldsOf(variant, `${prefix}${formOf(variant)}`))
  if (typeof schema.items === 'object') return fieldsOf(schema.items, `${prefix}[]`)
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`
    const field = { name, schema: property, isRequired: schema.required?.includes(key) === true }
    return [field, ...fieldsOf(property, name)]
  })
}

/** How a page writes the name of a schema, and other text. */
export interface Writing {
  readonly name: (name: string) => string
  readonly text: (text: string) => string
}

/** Words for the place where types stand. */
export function typeOf(schema: Schema, writing: Writing): string {
  const { $ref, type, oneOf, anyOf, items, prefixItems, additionalProperties } = schema
  const { name, text } = writing
  if ($ref !== undefined) return name(refName($ref))
  const variants = oneOf ?? anyOf
  if (variants !== undefined)
    return [...new Set(variants.map((variant) => typeOf(variant, writing)))].join(' or ')
  if ('const' in schema) return text(JSON.stringify(schema.const))
  if (schema.enum !== undefined) return text(schema.enum.map((value) => JSON.stringify(value)).join(', '))
  if (prefixItems !== undefined) return `[${prefixItems.map((item) => typeOf(item, writing)).join(', ')}]`
  if (type === 'array') return `list of ${typeof items === 'object' ? typeOf(items, writing) : 'anything'}`
  if (type === 'object' && typeof additionalProperties === 'object')
    return `map of ${typeOf(additionalProperties, writing)}`
  const range = rangeOf(schema)
  return text(`${[type ?? 'anything'].flat().join(' or ')}${range === '' ? '' : ` ${range}`}`)
}

/** The name at the end of a reference. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

/** What comes after a type: the default and the description. */
export function remarkOf(schema: Schema): string {
  const standard = 'default' in schema ? `default ${JSON.stringify(schema.default)}` : ''
  return [schema.description ?? '', standard].filter((text) => text !== '').join('; ')
}

function rangeOf({ minimum, maximum, minLength, maxLength, type }: Schema): string {
  const [from, to] = type === 'string' ? [minLength, maxLength] : [minimum, maximum]
  const most = to === undefined || to >= Number.MAX_SAFE_INTEGER ? '' : String(to)
  const least = from === undefined || from <= Number.MIN_SAFE_INTEGER ? '' : String(from)
  if (most === '' && least === '') return ''
  const text = most === '' ? `from ${least}` : least === '' ? `up to ${most}` : `${least} to ${most}`
  return type === 'string' ? `(${text} characters)` : text
}

/** What tells a form from its neighbours: its constant, or nothing. */
function formOf({ properties = {} }: Schema): string {
  const constant = Object.values(properties).find((property) => 'const' in property)?.const
  return typeof constant === 'string' ? `(${constant})` : ''
}
