/**
 * What the fast modes lose against every frame: `node bench/agreement.ts [--modes hold,keyframe] [--classes a,b] VIDEO...`,
 * by default all sample videos. Each video is analysed densely (the model sees every frame), then by each mode with the
 * same policy; dense events are the truth. Prints recall, coverage, precision and the share of frames the model saw.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { OnnxEngineSpec } from '../src/domain/index.ts'
import { defaultRule, evaluate, truthOfEvents } from '../src/inference/evaluation/index.ts'
import { detectFiles } from '../src/inference/index.ts'
import type { Documents } from '../src/inference/index.ts'
import { locateMediaTools } from '../src/media/index.ts'
import { createLog } from '../src/node/log.ts'
import { samplePath } from '../test/support/sample.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    modes: { type: 'string', default: 'auto,keyframe' },
    classes: { type: 'string', default: '' },
  },
})
const folder = dirname(samplePath('videos/horses.mp4'))
const videos =
  positionals.length > 0 ? positionals : (await readdir(folder)).sort().map((name) => join(folder, name))
const modes = OnnxEngineSpec.shape.mode.unwrap().array().parse(values.modes.split(','))
const classes = values.classes.split(',').filter((name) => name !== '')
const mediaTools = await locateMediaTools()
const log = createLog({ level: 'error' })

async function analyse(path: string, mode: OnnxEngineSpec['mode']): Promise<Documents> {
  const outputDir = await mkdtemp(join(tmpdir(), 'edge-agreement-'))
  const {
    type: _,
    model: __,
    ...settings
  } = OnnxEngineSpec.parse({ type: 'onnx', mode, policy: { classes } })
  try {
    const modelPath = samplePath('models/yolov5n.pt')
    return await detectFiles({ paths: [path], modelPath, settings, outputDir, mediaTools, log })
  } finally {
    await rm(outputDir, { recursive: true, force: true })
  }
}

const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)}%`)
console.log(
  'video                              mode      dense  found  recall  covered  precise  model saw  why',
)
for (const path of videos) {
  const dense = await analyse(path, 'dense')
  const { inFile } = dense.ledger.sources[0]?.frames ?? { inFile: 0 }
  for (const mode of modes) {
    const { events, ledger } = await analyse(path, mode)
    // One event may hold several of the truth: where they lie close together a merge is no miss.
    const rule = { ...defaultRule, pairing: 'any' } as const
    const { total } = evaluate({ truth: truthOfEvents(dense), events, ledger, rule })
    const { sampling } = ledger.sources[0] ?? {}
    const cells = [
      basename(path).padEnd(34),
      (sampling?.mode ?? '–').padEnd(8),
      String(total.truths).padStart(6),
      String(total.found).padStart(6),
      percent(total.recall).padStart(7),
      percent(total.coverage).padStart(8),
      percent(total.precision).padStart(8),
      `${sampling?.analysed ?? 0} of ${inFile}`.padStart(12),
      ` unchanged ${sampling?.unchanged ?? 0}, agreed ${sampling?.agreed ?? 0}, scenes ${sampling?.sceneChanges ?? 0}`,
      total.events > total.right ? ` ${total.events - total.right} more events` : '',
    ]
    console.log(cells.join(' '))
  }
}
