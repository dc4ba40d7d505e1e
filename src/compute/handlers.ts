import { isNodeExecutionOver, EdgeError } from '../domain/index.ts'
import type { Block, BlocksRequest, LogLine, LogsRequest, NodeId } from '../domain/index.ts'
import type { CallContext, Handlers, Publisher } from '../ports/index.ts'
import type { CrossedCancels } from './crossed-cancels.ts'
import type { ExecutionRecords } from './durable/execution-records.ts'
import { executionFolder } from './folder/execution-folder.ts'
import { readLog } from './folder/read-log.ts'
import { ofType } from './of-type.ts'
import type { FrontDesk } from './front-desk.ts'
import type { Wakes } from './wake.ts'

/** What answers while the daemon runs. */
export interface Answering {
  readonly frontDesk: FrontDesk
  readonly records: ExecutionRecords
  readonly publishers: readonly Publisher[]
  readonly crossed: Pick<CrossedCancels, 'postpone'>
  readonly dataDir: string
  readonly logNews: Wakes
  /** The one peer that may ask; undefined until the first contact. */
  readonly requester: () => NodeId | undefined
  readonly stopping: AbortSignal
}

/** The calls a compute node answers, to its own requester only; `current` is undefined while the daemon does not run. */
export function computeHandlers(current: () => Answering | undefined): Handlers {
  const answering = ({ peer }: CallContext): Answering => {
    const parts = current()
    if (parts === undefined)
      throw new EdgeError('peer_unreachable', 'the compute daemon of this node is not running')
    if (peer !== parts.requester()) {
      throw new EdgeError('forbidden', `${peer} is not the requester of this node`, {
        hint: 'A compute node obeys only the requester that its --peer names.',
      })
    }
    return parts
  }
  return {
    offer: async (request, context) => answering(context).frontDesk.offer(request),
    start: async (request, context) => answering(context).frontDesk.start(request),
    cancel: async (request, context) => {
      await answering(context).frontDesk.cancel(request)
      return {}
    },
    published: async (request, context) => {
      await answering(context).frontDesk.published(request)
      return {}
    },
    logs: (request, context) => logs(answering(context), request, context),
    blocks: (request, context) => blocks(answering(context), request, context),
  }
}

async function* logs(
  parts: Answering,
  request: LogsRequest,
  { signal }: CallContext,
): AsyncGenerator<LogLine> {
  const { records, dataDir, logNews, stopping } = parts
  const { executionId, follow, tail } = request
  const find = async (): Promise<{ state: string; isEnded: boolean }> => {
    const record = await records.find(executionId)
    if (record === undefined)
      throw new EdgeError('execution_not_found', `this node has no execution ${executionId}`)
    const { state } = record
    return { state, isEnded: state === 'Publishing' || isNodeExecutionOver(state) }
  }
  await find()
  yield* readLog({
    path: executionFolder(dataDir, executionId).log,
    tail,
    follow,
    news: logNews.of(executionId),
    isEnded: async () => (await find()).isEnded,
    signal: AbortSignal.any([signal, stopping]),
  })
}

async function* blocks(
  { records, publishers, crossed }: Answering,
  { executionId, cids }: BlocksRequest,
  { signal }: CallContext,
): AsyncGenerator<Block> {
  crossed.postpone(executionId)
  const record = await records.find(executionId)
  const publisher = record && ofType(publishers, record.spec.publisher.type)
  for (const cid of cids) {
    signal.throwIfAborted()
    const bytes = record?.result === undefined ? undefined : await publisher?.block(executionId, cid)
    if (bytes === undefined) {
      throw new EdgeError('block_missing', `block ${cid} is not in the published result of ${executionId}`)
    }
    yield { cid, bytes }
  }
}
