import { EdgeError } from '../../../domain/index.ts'
import type { FrameShape } from '../../../media/index.ts'
import type { Log } from '../../../ports/index.ts'
import type { Model } from '../../model/index.ts'
import type { DetectionFilter } from '../detection.ts'
import type { FrameRunner, OpenProvider } from '../frame-runner.ts'
import { packBoxes } from '../map-boxes.ts'
import { suppressOverlaps } from '../non-max-suppression.ts'
import type { PixelBox } from '../read-boxes.ts'
import { pictureMaker } from './picture.ts'
import { broken } from './protocol.ts'
import type { Ready, WireBox } from './protocol.ts'
import { SidecarProcess } from './sidecar-process.ts'
import type { SidecarLimits } from './sidecar-process.ts'

export interface OpenSidecarInit {
  readonly command: readonly string[] | undefined
  readonly model: Pick<Model, 'classes' | 'identity'>
  readonly filter: DetectionFilter
  readonly log?: Log | undefined
  readonly limits?: Partial<SidecarLimits>
}

interface Running {
  readonly process: SidecarProcess
  readonly ready: Ready
  /** The model’s number of each of its classes; undefined for what the model does not name. */
  readonly classIds: readonly (number | undefined)[]
}

/**
 * The configured detector program as a provider: one process for frames of every shape, begun when the first is wanted.
 * `take` rejects with `provider_unavailable` when there is none, or when it does not know what is looked for.
 */
export function openSidecar(init: OpenSidecarInit): OpenProvider {
  let running: Promise<Running> | undefined
  let notes: readonly string[] = []
  const start = async (): Promise<Running> => {
    const begun = await begin(init)
    notes = notesOn(begun, init.model)
    return begun
  }
  return {
    take: async (shape) => {
      running ??= start()
      return { runner: runnerFor(shape, await running, init.filter), giveBack: () => undefined }
    },
    close: async () => {
      // One that did not start told so to whoever wanted it.
      const begun = await running?.catch(() => undefined)
      await begun?.process.close()
    },
    notes: () => notes,
  }
}

async function begin({ command, model, filter, log, limits }: OpenSidecarInit): Promise<Running> {
  if (command === undefined || command.length === 0)
    throw new EdgeError('provider_unavailable', 'no detector sidecar is configured on this machine', {
      hint: 'Its owner names the program by --detector-sidecar or EDGE_DETECTOR_SIDECAR; see docs/sidecar.md.',
    })
  const { scoreThreshold, iouThreshold, maxDetections, classIds: wanted } = filter
  const names = wanted?.map((id) => model.classes[id] ?? String(id))
  const hello = { classes: names ?? null, scoreThreshold, iouThreshold, maxDetections }
  const { process, ready } = await SidecarProcess.start({
    ...{ command, hello, log },
    ...(limits === undefined ? {} : { limits }),
  })
  const unknown = names?.filter((name) => !ready.classes.includes(name)) ?? []
  const classIds = ready.classes.map((name) => {
    const id = model.classes.indexOf(name)
    return id === -1 ? undefined : id
  })
  if (unknown.length === 0 && classIds.some((id) => id !== undefined)) return { process, ready, classIds }
  await process.close()
  const problem = unknown.length > 0 ? unknown.join(', ') : `any class of ${model.identity.name}`
  throw new EdgeError('provider_unavailable', `the detector sidecar ${ready.name} does not know ${problem}`, {
    hint: `It knows: ${ready.classes.slice(0, 100).join(', ')}`,
  })
}

function notesOn({ ready }: Running, { classes, identity }: OpenSidecarInit['model']): readonly string[] {
  const missing = classes.filter((name) => !ready.classes.includes(name))
  const own = `the sidecar ${ready.name} runs a model of its own, not ${identity.name}`
  return missing.length === 0
    ? [own]
    : [own, `it does not know ${missing.length} of the model’s classes: ${missing.slice(0, 20).join(', ')}`]
}

function runnerFor(
  shape: FrameShape,
  { process, ready, classIds }: Running,
  filter: DetectionFilter,
): FrameRunner {
  const maker = pictureMaker(shape, ready.input)
  return {
    ask: async (frame) => {
      const boxes = await process.detect(ready.input, maker.paint(frame))
      const known = boxes
        .map((box) => pixelBox(box, ready))
        .flatMap((box): PixelBox[] => {
          const classId = classIds[box.classId]
          const isWanted = classId !== undefined && filter.classIds?.includes(classId) !== false
          return isWanted && box.score > filter.scoreThreshold ? [{ ...maker.toFrame(box), classId }] : []
        })
      return packBoxes(suppressOverlaps(known, filter))
    },
    close: () => Promise.resolve(),
  }
}

function pixelBox([left, top, right, bottom, score, classId]: WireBox, { classes }: Ready): PixelBox {
  if (classId >= classes.length) throw broken(`it gave class ${classId} of ${classes.length}`)
  if (right < left || bottom < top) throw broken(`it gave a box from ${left}, ${top} to ${right}, ${bottom}`)
  return { left, top, right, bottom, score, classId }
}
