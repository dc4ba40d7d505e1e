/**
 * Draws what a policy makes of a video: its zones, masks and lines, and the way of every object, as SVG without any
 * footage. `node scripts/policy-pictures.ts VIDEO MODEL POLICY OUT.svg`; docs/policies.md says which were made of what.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { OnnxEngineSpec } from '../src/domain/index.ts'
import type { SignificancePolicy } from '../src/domain/index.ts'
import { createDetector } from '../src/inference/detector/index.ts'
import { selectEvents } from '../src/inference/events/index.ts'
import type { PictureSize, Visit } from '../src/inference/events/index.ts'
import { openModel, wantedClassIds } from '../src/inference/index.ts'
import { decodeVideo } from '../src/inference/pipeline/decode-video.ts'
import type { Track, TrackPoint } from '../src/inference/tracking/index.ts'
import { locateMediaTools, probeVideo, scanPackets } from '../src/media/index.ts'

interface Scene {
  readonly picture: PictureSize
  readonly policy: SignificancePolicy
  readonly visits: readonly Visit[]
  /** Objects that make no event. */
  readonly others: readonly Pick<Track, 'path'>[]
}

const width = 640
const colours = ['#e6550d', '#3182bd', '#31a354', '#756bb1', '#d6a700', '#c51b8a']

/** The picture as SVG: visits in colour with a dot where they begin, other objects in grey. */
export function drawPolicy({ picture, policy, visits, others }: Scene): string {
  const height = Math.round((width * picture.height) / picture.width)
  const at = ([x, y]: readonly [number, number]): string =>
    `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`
  const corners = (points: readonly (readonly [number, number])[]): string => points.map(at).join(' ')
  const way = (path: readonly TrackPoint[]): string =>
    corners(
      path.map(({ box: [x, y, , high] }) => [x, policy.anchor === 'foot' ? Math.min(1, y + high / 2) : y]),
    )
  const text = (place: readonly [number, number], words: string, colour: string): string => {
    const [x, y] = at(place).split(',').map(Number) as [number, number]
    return `<text x="${x + 6}" y="${Math.max(14, y - 6)}" fill="${colour}">${words}</text>`
  }
  const line = (points: string, colour: string, more = ''): string =>
    `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"${more}/>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#f4f4f0" stroke="#999"/>`,
    ...policy.masks.flatMap(({ name, polygon }) => [
      `<polygon points="${corners(polygon)}" fill="#555" fill-opacity="0.5"/>`,
      text(polygon[0] ?? [0, 0], `mask ${name}`, '#222'),
    ]),
    ...policy.zones.flatMap(({ name, polygon }) => [
      `<polygon points="${corners(polygon)}" fill="#2ca25f" fill-opacity="0.2" stroke="#2ca25f"/>`,
      text(polygon[0] ?? [0, 0], `zone ${name}`, '#186a3b'),
    ]),
    ...others.map(({ path }) => line(way(path), '#bbb')),
    ...policy.lines.flatMap(({ name, from, to }) => [
      line(corners([from, to]), '#b30000', ' stroke-dasharray="8 4"'),
      text(from, `line ${name}: from here`, '#b30000'),
    ]),
    ...visits.flatMap((visit, index) => {
      const colour = colours[index % colours.length] as string
      const points = way(visit.path)
      const [x, y] = (points.split(' ')[0] ?? '0,0').split(',').map(Number) as [number, number]
      const done = [
        ...visit.crossings.map(({ direction, seconds }) => `${direction} at ${seconds.toFixed(1)} s`),
        ...visit.zones.map(({ zone, longestSeconds }) => `${longestSeconds.toFixed(0)} s in ${zone}`),
      ].join(', ')
      return [
        line(points, colour),
        `<circle cx="${x}" cy="${y}" r="5" fill="${colour}"/>`,
        `<text x="${width - 8}" y="${20 + 16 * index}" text-anchor="end" fill="${colour}">${visit.startSeconds.toFixed(1)} s: ${done}</text>`,
      ]
    }),
    '</svg>',
    '',
  ].join('\n')
}

async function main([videoPath, modelPath, policyPath, outputPath]: readonly string[]): Promise<void> {
  if (
    videoPath === undefined ||
    modelPath === undefined ||
    policyPath === undefined ||
    outputPath === undefined
  )
    throw new Error('usage: node scripts/policy-pictures.ts VIDEO MODEL POLICY OUT.svg')
  const settings = OnnxEngineSpec.parse({
    type: 'onnx',
    policy: parse(await readFile(policyPath, 'utf8')) as unknown,
  })
  const { policy } = settings
  const tools = await locateMediaTools()
  const video = await probeVideo(tools, videoPath)
  const model = await openModel(modelPath)
  const { classes } = model
  const detector = await createDetector({
    model,
    filter: {
      ...settings,
      scoreThreshold: policy.keepScore,
      classIds: wantedClassIds(policy.classes, model),
    },
  })
  try {
    const scan = await scanPackets(tools, videoPath)
    const { tracks } = await decodeVideo(
      { path: videoPath, video, scan },
      { tools, model, detector, settings, lanes: 2 },
      {},
    )
    const footage = { startSeconds: scan.firstSeconds, endSeconds: scan.endSeconds }
    const visits = selectEvents(tracks, policy, { classes, footage, picture: video }).flatMap(
      (event) => event.visits,
    )
    const others = tracks.filter((track) => visits.every((visit) => visit.track !== track))
    await writeFile(outputPath, drawPolicy({ picture: video, policy, visits, others }))
  } finally {
    await detector.close()
  }
}

if (import.meta.main) await main(process.argv.slice(2))
