import { describe, expect, it } from 'vitest'
import { checkJobSpec, checkPolicy, describeProblem } from '../../../src/domain/index.ts'

const square = [
  [0.1, 0.1],
  [0.4, 0.1],
  [0.4, 0.4],
  [0.1, 0.4],
]
const zone = { name: 'gate', polygon: square }
const line = { name: 'road', from: [0, 0.5], to: [1, 0.5] }

function problems(policy: unknown): string[] {
  const checked = checkPolicy(policy)
  return checked.ok ? [] : checked.problems.map(describeProblem)
}

describe('a policy', () => {
  it('is whole when it is empty, and then selects what it did before there were places', () => {
    const checked = checkPolicy({})
    expect(checked).toMatchObject({
      ok: true,
      value: {
        classes: [],
        minScore: 0.4,
        minDurationSeconds: 0.6,
        minDisplacement: 0,
        dwellSeconds: 0,
        zones: [],
        masks: [],
        lines: [],
        mergeGapSeconds: 3,
        endHysteresisSeconds: 3,
        preRollSeconds: 1,
        postRollSeconds: 1,
      },
    })
  })

  it('takes zones, masks and lines', () => {
    const places = {
      zones: [{ ...zone, dwellSeconds: 5 }],
      masks: [{ ...zone, name: 'tree' }],
      lines: [line],
    }
    expect(problems(places)).toEqual([])
    expect(problems({ zones: [zone], lines: [{ ...line, name: 'gate' }] })).toEqual([])
  })

  it.each<[string, unknown, string]>([
    [
      'a polygon of two corners',
      { zones: [{ ...zone, polygon: square.slice(0, 2) }] },
      'zones.0.polygon: a polygon needs at least 3 corners',
    ],
    [
      'pixels',
      {
        masks: [
          {
            ...zone,
            polygon: [
              [100, 0],
              [1, 0],
              [1, 1],
            ],
          },
        ],
      },
      'masks.0.polygon.0.0: outside the picture: 1 is its right or lower edge (shares of it, not pixels)',
    ],
    [
      'a negative corner',
      {
        zones: [
          {
            ...zone,
            polygon: [
              [-0.1, 0],
              [0.5, 0],
              [0.5, 0.5],
            ],
          },
        ],
      },
      'zones.0.polygon.0.0: outside the picture: 0 is its left or upper edge',
    ],
    [
      'edges that cross',
      { zones: [{ ...zone, polygon: [square[0], square[2], square[1], square[3]] }] },
      'zones.0.polygon: the edges of the polygon cross, touch or fold back; list its corners in order around it, the first only once',
    ],
    [
      'a polygon without area',
      {
        zones: [
          {
            ...zone,
            polygon: [
              [0, 0],
              [0.5, 0.5],
              [1, 1],
            ],
          },
        ],
      },
      'zones.0.polygon: the edges of the polygon cross',
    ],
    ['a line without length', { lines: [{ ...line, to: line.from }] }, 'lines.0.to: the line has no length'],
    [
      'two zones of one name',
      { zones: [zone, zone] },
      'zones.1.name: the zone 1 of the list is called gate too',
    ],
    [
      'two lines of one name',
      { lines: [line, line] },
      'lines.1.name: the line 1 of the list is called road too',
    ],
    ['a name with spaces', { zones: [{ ...zone, name: 'my gate' }] }, 'zones.0.name: letters, digits'],
    [
      'a class that it does not look for',
      { classes: ['person'], lines: [{ ...line, classes: ['dog'] }] },
      'lines.0.classes: dog is not among the policy’s classes, so it would never be seen',
    ],
    [
      'an unknown field',
      { zones: [{ ...zone, dwelSeconds: 3 }] },
      'zones.0.dwelSeconds: unknown field; did you mean dwellSeconds?',
    ],
    ['an unknown direction', { lines: [{ ...line, direction: 'north' }] }, 'lines.0.direction: '],
    ['hysteresis that is too long', { endHysteresisSeconds: 61 }, 'endHysteresisSeconds: '],
  ])('refuses %s by path', (_, policy, message) => {
    expect(problems(policy)).toEqual([expect.stringContaining(message)])
  })

  it('tells every problem at once, also in a job', () => {
    const policy = {
      zones: [zone, zone, { ...zone, name: 'two', polygon: square.slice(0, 2) }],
      lines: [{ ...line, to: [0, 0.5] }],
    }
    expect(problems(policy)).toHaveLength(3)
    const checked = checkJobSpec({
      apiVersion: 'edge/v1',
      engine: { type: 'onnx', policy },
      inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
    })
    expect(checked.ok ? [] : checked.problems.map(({ path }) => path).sort()).toEqual([
      'engine.policy.lines.0.to',
      'engine.policy.zones.1.name',
      'engine.policy.zones.2.polygon',
    ])
  })
})
