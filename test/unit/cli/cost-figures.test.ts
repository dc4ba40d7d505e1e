import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimal, ownFigures, type Basis } from '../../../src/cli/commands/cost-figures.ts'

describe('figures of one’s own', () => {
  it('are exact decimals, in units of their last digit', () => {
    expect(
      ownFigures(
        { cameras: '4', gbPerCameraHour: '2.5', keptShare: '0.060000', storagePrice: '0.0173' },
        'list',
      ),
    ).toEqual({ cameras: 4n, gbPerCameraHour: 2_500_000_000n, keptShare: 60_000n, storagePrice: 17_300n })
    expect(ownFigures({}, 'job')).toEqual({})
  })

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1_000_000n }), (share) => {
        expect(ownFigures({ keptShare: decimal(share, 6) }, 'list')).toEqual({ keptShare: share })
      }),
    )
  })

  it.each<[Record<string, unknown>, Basis, string]>([
    [{ cameras: 'abc' }, 'list', '--cameras must be a number from 1 to 100000, without a point, is abc'],
    [{ cameras: '' }, 'list', '--cameras must be a number from 1 to 100000, without a point, is empty'],
    [{ cameras: '0' }, 'list', '--cameras must be a number from 1 to 100000, without a point, is 0'],
    [{ cameras: '1.5' }, 'list', '--cameras must have at most 0 digits after the point, is 1.5'],
    [{ cameras: ['1', '2'] }, 'list', '--cameras is given more than once'],
    [{ keptShare: '1.01' }, 'list', '--kept-share must be a number from 0 to 1, is 1.01'],
    [{ keptShare: '-0.5' }, 'seed-2023', '--kept-share must be a number from 0 to 1, is -0.5'],
    [{ keptShare: '1e-3' }, 'list', '--kept-share must be a number from 0 to 1, is 1e-3'],
    [{ storagePrice: '0.0000001' }, 'job', '--storage-price must have at most 6 digits after the point'],
    [{ images: '5' }, 'list', '--images has no part in --preset list'],
    [{ aiPrice: '5' }, 'seed-2023', '--ai-price has no part in --preset seed-2023'],
    [{ keptShare: '0.1' }, 'job', '--kept-share has no part in --from-job'],
    [{ months: '2' }, 'presets', '--months has no part in --list-presets'],
  ])('%j of %s are refused by name', (args, basis, message) => {
    expect(() => ownFigures(args, basis)).toThrow(message)
  })
})

describe('a decimal', () => {
  it('is written without zeros at its end', () => {
    expect([decimal(100_000n, 6), decimal(10n, 0), decimal(0n, 6), decimal(24_000n, 3)]).toEqual([
      '0.1',
      '10',
      '0',
      '24',
    ])
  })
})
