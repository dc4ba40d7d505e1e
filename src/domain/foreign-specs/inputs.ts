import type { Draft, DraftInput } from './draft.ts'
import { shown, type Fields } from './fields.ts'

/** Where an input without a place of its own is seen. */
const defaultTarget = '/inputs'

type Source = DraftInput['source']

/** Inputs that edge has no source for, and what to do instead. */
const refused: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ipfs: 'edge fetches nothing from IPFS; name a gateway’s address, https://GATEWAY/ipfs/CID, as urlDownload',
    estuary: 'Estuary is gone; name an address of the file as urlDownload',
    s3: 'edge has no S3 source; presign an address of the object and name it as urlDownload',
    s3managed:
      'edge has no managed bucket; name an earlier job’s results in edge/v1: { type: result, job: ID }',
    repoclone:
      'edge clones no repositories; name an archive of it, https://…/archive/….tar.gz, as urlDownload',
    repoclonelfs: 'edge clones no repositories; name the file’s own address as urlDownload',
    inline: 'edge carries no data in a spec; put it into the image, or name an address as urlDownload',
  }),
)

interface InputParts {
  /** The source’s name, and where it stands. */
  readonly type: string | undefined
  readonly typeAt: string
  /** What describes the source. */
  readonly fields: Fields | undefined
  /** The whole input, which holds the place where it is seen under the name `target`. */
  readonly owner: Fields
  readonly target: string
}

/** Adds one input, or says why it cannot be had. */
export function readInput(draft: Draft, parts: InputParts): void {
  const { owner, target } = parts
  const seenAt = owner.text(target)
  const index = draft.inputs?.length ?? 0
  const source = sourceOf(parts, index)
  if (source === undefined) return
  draft.inputs = [...(draft.inputs ?? []), { source, target: seenAt ?? defaultTarget }]
  owner.findings.comesFrom(`inputs.${index}`, owner.path)
  owner.findings.comesFrom(`inputs.${index}.target`, owner.at(target))
}

function sourceOf(
  { type, typeAt, fields, owner: { findings } }: InputParts,
  index: number,
): Source | undefined {
  const name = type?.toLowerCase().replace(/^local$/, 'localdirectory') ?? ''
  if (name === 'localdirectory') return localDirectory(fields, typeAt, index)
  if (name === 'urldownload') return url(fields, { name: 'URL', typeAt }, index)
  if (name === 's3presigned') return url(fields, { name: 'PreSignedURL', typeAt }, index)
  const unknown = `${shown(type)} is no source that edge knows; it has localDirectory and urlDownload`
  if (type === undefined)
    findings.problem(typeAt, 'is missing: say where the input comes from, e.g. localDirectory')
  else findings.problem(typeAt, refused.get(name) ?? unknown)
  fields?.takeAll()
  return undefined
}

function localDirectory(fields: Fields | undefined, at: string, index: number): Source | undefined {
  const path = fields?.text('SourcePath')
  if (fields === undefined || path === undefined) {
    fields?.findings.problem(fields.at('SourcePath'), 'is missing: the folder on the node')
    return undefined
  }
  fields.findings.comesFrom(`inputs.${index}.source`, at)
  fields.findings.comesFrom(`inputs.${index}.source.path`, fields.at('SourcePath'))
  const readWrite = fields.flag('ReadWrite')
  if (fields.has('CreateAs') && fields.text('CreateAs')?.toLowerCase() !== 'nocreate')
    fields.ignore('CreateAs', 'edge makes no folder on a node: one that is not there is a reason not to run')
  return { type: 'localDirectory', path, ...(readWrite ? { readWrite } : {}) }
}

function url(
  fields: Fields | undefined,
  { name, typeAt }: { name: string; typeAt: string },
  index: number,
): Source | undefined {
  const address = fields?.text(name)
  if (fields === undefined || address === undefined) {
    fields?.findings.problem(fields.at(name), 'is missing: the address of the file')
    return undefined
  }
  fields.findings.comesFrom(`inputs.${index}.source`, typeAt)
  fields.findings.comesFrom(`inputs.${index}.source.url`, fields.at(name))
  return { type: 'url', url: address }
}
