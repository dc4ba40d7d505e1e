import { EdgeError } from '../../domain/index.ts'
import type { Model } from '../model/index.ts'
import { wantedClassIds } from '../pipeline/index.ts'

/** Class ids of names and numbers, as people mix them; undefined for none, which means all. Throws `spec_invalid`. */
export function resolveClasses(words: readonly string[], model: Model): readonly number[] | undefined {
  const { classes } = model
  const names = words.map((word) => {
    if (!/^\d+$/.test(word) || classes.includes(word)) return word
    const name = classes[Number(word)]
    if (name !== undefined) return name
    throw new EdgeError('spec_invalid', `the model ${model.identity.name} has no class ${word}`, {
      hint: `Its classes are 0 to ${classes.length - 1}.`,
    })
  })
  return wantedClassIds(names, model)
}
