import type { Asset } from './asset.ts'

const release = 'https://github.com/ultralytics/yolov5/releases/download/v7.0'
const ofRelease = {
  kind: 'model',
  licence: 'AGPL-3.0',
  licenceUrl: 'https://www.gnu.org/licenses/agpl-3.0.html',
  source: 'ultralytics/yolov5, release v7.0',
} as const

const official = (name: string, bytes: number, sha256: string) =>
  ({ ...ofRelease, file: `models/${name}.pt`, bytes, sha256, url: `${release}/${name}.pt` }) satisfies Asset

/**
 * The checkpoints of YOLOv5 7.0 that can be pulled by name. Each SHA-256 is one that at least two publishers who know
 * nothing of each other give for the release file, with the size that the release has.
 */
export const officialModels = {
  yolov5n: official('yolov5n', 4_062_133, '4f180cf23ba0717ada0badd6c685026d73d48f184d00fc159c2641284b2ac0a3'),
  yolov5s: official(
    'yolov5s',
    14_808_437,
    '8b3b748c1e592ddd8868022e8732fde20025197328490623cc16c6f24d0782ee',
  ),
  yolov5m: official(
    'yolov5m',
    42_806_829,
    '61d933360ba5a7733a36764996c800287d973889d875227f5beedd2473a97a56',
  ),
  yolov5l: official(
    'yolov5l',
    93_622_629,
    '2f603b7354c25454d1270663a14d8ddc1eea98e5eebc1d84ce0c6e3150fa155f',
  ),
} as const

const unpinned: ReadonlySet<string> = new Set(
  ['x', 'n6', 's6', 'm6', 'l6', 'x6'].map((size) => `yolov5${size}`),
)

/** Names of the release for which no SHA-256 was found twice: nothing is downloaded for them. */
export const unpinnedModels: readonly string[] = [...unpinned]

/** Where a person fetches a model of `unpinnedModels`; undefined for other names. */
export function unpinnedUrl(name: string): string | undefined {
  return unpinned.has(name) ? `${release}/${name}.pt` : undefined
}
