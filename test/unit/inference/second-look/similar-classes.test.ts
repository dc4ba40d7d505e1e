import { describe, expect, it } from 'vitest'
import { similarClassIds } from '../../../../src/inference/second-look/index.ts'
import { cocoClasses } from '../../../../src/inference/model/coco-classes.ts'

const similarTo = (name: string): readonly string[] =>
  (similarClassIds([cocoClasses.indexOf(name)], cocoClasses) ?? []).map((id) => cocoClasses[id] ?? '')

describe('similar classes', () => {
  it('are COCO’s of the same kind', () => {
    expect(similarTo('truck')).toEqual([
      'bicycle',
      'car',
      'motorcycle',
      'airplane',
      'bus',
      'train',
      'truck',
      'boat',
    ])
    expect(similarTo('person')).toEqual(['person'])
    expect(similarTo('dog')).toContain('cat')
    expect(similarTo('toothbrush')).toEqual([
      'book',
      'clock',
      'vase',
      'scissors',
      'teddy bear',
      'hair drier',
      'toothbrush',
    ])
  })

  it('are all others of names that COCO does not have', () => {
    expect(similarClassIds([1], ['person', 'helmet', 'vest', 'dog'])).toEqual([1, 2])
  })

  it('are all where all are wanted', () => {
    expect(similarClassIds(undefined, cocoClasses)).toBeUndefined()
  })
})
