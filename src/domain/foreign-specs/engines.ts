import type { Draft } from './draft.ts'
import { shown, type Fields } from './fields.ts'

/** The engine by its name and parameters, both forms alike. `at` is where the name stands. */
export function readEngine(
  draft: Draft,
  { type, at, params }: { type: string | undefined; at: string; params: Fields | undefined },
  owner: Fields,
): void {
  const { findings } = owner
  switch (type?.toLowerCase()) {
    case 'docker':
      if (params === undefined) findings.problem(at, 'a docker engine needs an Image')
      else readDocker(draft, params)
      return
    case 'noop':
      draft.engine = { type: 'noop' }
      params?.skip()
      return
    case undefined:
      findings.problem(at, 'is missing: say which engine, e.g. docker')
      return
    default:
      findings.problem(
        at,
        `edge cannot run ${shown(type)} work; ${waysOut.get(type?.toLowerCase() ?? '') ?? wayOut}`,
      )
  }
}

const wayOut = 'run it in a container (docker)'
const waysOut: ReadonlyMap<string, string> = new Map(
  Object.entries({
    wasm: 'put the module and a runtime into an image, and run that (docker)',
    language: 'use the image of the language, e.g. python (docker)',
    onnx: 'the onnx engine is written in edge/v1, see docs/job-spec.md',
  }),
)

/** `Image`, `Entrypoint`, `Parameters`, `EnvironmentVariables`, `WorkingDirectory`. */
function readDocker(draft: Draft, params: Fields): void {
  const { findings } = params
  const image = params.text('Image')
  if (image === undefined) findings.problem(params.at('Image'), 'names no image')
  const entrypoint = params.texts('Entrypoint')
  const command = params.texts('Parameters')
  const workingDirectory = params.text('WorkingDirectory')
  draft.engine = {
    type: 'docker',
    image: image?.trim() ?? 'none',
    ...(entrypoint.length === 0 ? {} : { entrypoint: [...entrypoint] }),
    ...(command.length === 0 ? {} : { command: [...command] }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  }
  findings.comesFrom('engine.image', params.at('Image'))
  findings.comesFrom('engine.entrypoint', params.at('Entrypoint'))
  findings.comesFrom('engine.command', params.at('Parameters'))
  findings.comesFrom('engine.workingDirectory', params.at('WorkingDirectory'))
  readVariables(draft, params)
  params.finish()
  const unread = Object.keys(draft.env ?? {}).find((name) => guideVariables.includes(name))
  if (unread !== undefined && image !== undefined && firstGuideImage.test(image)) {
    findings.warn(params.at('Image'), `v1.0 of this image does not read ${unread}; v1.1 does`)
  }
}

/** The YOLOv5 image of Bacalhau’s guide and what its second version reads from the environment. */
const firstGuideImage = /(^|\/)bacalhauproject\/yolov5-7\.0:v1\.0$/
const guideVariables: readonly string[] = ['CLASSES', 'CONF_THRES', 'WEIGHTS_PATH']

/** A list of `NAME=value`. */
function readVariables(draft: Draft, params: Fields): void {
  for (const [index, text] of params.texts('EnvironmentVariables').entries()) {
    const path = `${params.at('EnvironmentVariables')}.${index}`
    const at = text.indexOf('=')
    if (at < 1)
      params.findings.problem(path, `${shown(text)} is not NAME=value; edge hands on no variable of the node`)
    else addVariable(draft, { name: text.slice(0, at), value: text.slice(at + 1), path }, params)
  }
}

/** Later ones win, as in a shell. */
export function addVariable(
  draft: Draft,
  { name, value, path }: { name: string; value: string; path: string },
  owner: Fields,
): void {
  draft.env = { ...draft.env, [name]: value }
  owner.findings.comesFrom(`env.${name}`, path)
}
