import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { EdgeError } from '../../domain/index.ts'
import type { ModelIdentity } from '../../domain/index.ts'
import type { Abortable } from '../../ports/index.ts'
import { describeGraph } from './describe-graph.ts'
import type { ModelDescription } from './model-description.ts'
import { readOnnx } from './onnx-file.ts'
import type { OnnxSummary } from './onnx-file.ts'
import { ProtobufError } from './protobuf.ts'
import { sniffFile } from './sniff.ts'

/** A model that was read once: what is hashed is what is run. */
export interface Model {
  readonly path: string
  readonly identity: ModelIdentity
  readonly bytes: Uint8Array
  readonly description: ModelDescription
}

/**
 * Reads a YOLOv5 model exported to ONNX. Throws `path_missing` when there is no such file and `model_invalid`, saying
 * what was found, when it is not one that can be run. `name` is what people call it; default: the file’s name.
 */
export async function openModel(path: string, options: { name?: string } & Abortable = {}): Promise<Model> {
  const bytes = await readModelFile(path, options.signal)
  const name = options.name ?? basename(path).replace(/\.onnx$/i, '')
  const summary = outline(path, bytes)
  if (summary.externalTensors.length > 0) {
    const [first] = summary.externalTensors
    throw invalid(
      path,
      `its weights lie in another file (${first ?? ''} and perhaps more); export it as one file`,
    )
  }
  if (summary.foreignDomains.length > 0) {
    throw invalid(path, `it needs operators that are not ONNX’s own: ${summary.foreignDomains.join(', ')}`)
  }
  const description = describeGraph(summary)
  if (typeof description === 'string') throw invalid(path, description)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path, identity: { name, sha256 }, bytes, description }
}

async function readModelFile(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await readFile(path, signal === undefined ? {} : { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new EdgeError('path_missing', `no model at ${path}`, { cause })
    throw invalid(path, `it cannot be read (${code ?? String(cause)})`, cause)
  }
}

function outline(path: string, bytes: Uint8Array): OnnxSummary {
  const other = sniffFile(bytes)
  if (other !== undefined) throw invalid(path, `it is ${other}, not an ONNX file`)
  try {
    return readOnnx(bytes)
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error
    throw invalid(path, `it is no ONNX file, or a damaged one: ${error.message}`, error)
  }
}

function invalid(path: string, found: string, cause?: unknown): EdgeError {
  return new EdgeError('model_invalid', `the model ${path} cannot be used: ${found}`, {
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  })
}
