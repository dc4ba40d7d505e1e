/** Who can mend it: the person who asked, the one who runs the machine, the network between, or we. */
export type Blame = 'user' | 'operator' | 'network' | 'edge'

interface ErrorEntry {
  readonly blame: Blame
  readonly retryable: boolean
  readonly what: string
  readonly solve: string
}

const entry = (blame: Blame, what: string, solve: string, retryable = false): ErrorEntry => ({
  blame,
  retryable,
  what,
  solve,
})

/** Every error this program can answer with: what it is, whose it is, how to solve it. docs/errors.md is made from it. */
export const errorTable = {
  usage: entry('user', 'The command line makes no sense.', 'Read the command’s --help.'),
  spec_invalid: entry(
    'user',
    'A job spec has problems.',
    'Mend each named field; `edge validate FILE` lists them all.',
  ),
  config_invalid: entry(
    'operator',
    'A setting is out of range or unknown.',
    'Mend the named flag, variable or config.yaml key.',
  ),
  request_invalid: entry(
    'user',
    'The API was asked in a way it does not understand.',
    'Mend what the message names; GET /api/v1/openapi.json describes every route.',
  ),
  route_not_found: entry('user', 'The API has no such route.', 'GET /api/v1/openapi.json lists every route.'),
  job_not_found: entry('user', 'No job has this id.', 'Look it up with `edge list`.'),
  node_not_found: entry('user', 'No node has this id or name.', 'Look it up with `edge node list`.'),
  execution_not_found: entry('user', 'No execution has this id.', 'Look it up with `edge describe JOB`.'),
  id_ambiguous: entry('user', 'The short id fits more than one.', 'Give more characters.'),
  no_results: entry(
    'user',
    'The job has no result to fetch (yet).',
    'See `edge describe JOB` for its state.',
  ),
  job_over: entry('user', 'The job has already ended.', 'Nothing to do.'),
  precondition_failed: entry(
    'user',
    'What was asked for holds for an earlier state only (If-Match).',
    'Read it again, and decide anew.',
  ),
  idempotency_conflict: entry('user', 'The idempotency key was used with another spec.', 'Use a new key.'),
  path_not_allowed: entry(
    'user',
    'The node’s owner did not allow-list this path.',
    'Ask the owner, or see `edge serve --allow-listed-local-paths`.',
  ),
  path_missing: entry('user', 'The path does not exist.', 'Check the spelling and the machine.'),
  input_empty: entry(
    'user',
    'The folder holds no file to work on.',
    'Put videos there, or name another folder.',
  ),
  url_not_allowed: entry(
    'user',
    'The node may not fetch from this address: it is not a public one.',
    'Use a public http or https address, or ask the node’s owner to name the host with --allow-url-hosts.',
  ),
  input_not_ready: entry(
    'user',
    'The earlier job that is the input is not over, or its results are not at the requester yet.',
    'Nothing to do: the node is asked again until the job’s queue timeout.',
    true,
  ),
  input_corrupt: entry(
    'user',
    'A fetched input has another SHA-256 than the job says.',
    'Check the sum and the address; nothing of the file was kept.',
  ),
  input_unavailable: entry(
    'network',
    'An input could not be fetched.',
    'It is tried again; check the address, and the link between the node and it.',
    true,
  ),
  model_invalid: entry(
    'user',
    'The file is not a YOLOv5 model this program can run.',
    'Use the .pt file of a YOLOv5 detection model, or one exported to ONNX by YOLOv5’s export.py.',
  ),
  model_not_found: entry('user', 'No model has this name here.', 'See `edge model list`.'),
  media_unreadable: entry(
    'user',
    'ffmpeg cannot read the file as video.',
    'Check the file with `edge doctor` and ffprobe.',
  ),
  output_exists: entry('user', 'The target exists already.', 'Choose another --output-dir, or --force.'),
  output_unsafe: entry(
    'edge',
    'A result names a path that would leave the target folder.',
    'Nothing was written there; tell the node’s owner.',
  ),
  result_refused: entry(
    'user',
    'A result holds what cannot be published or fetched: a link, a special file, or more than the limits.',
    'Leave regular files and folders only; the message names what is in the way.',
  ),
  not_supported: entry('user', 'This version cannot do that.', 'See the README for what it can do.'),
  unauthorised: entry(
    'user',
    'The API wants a token.',
    'Set EDGE_API_TOKEN to the token that `edge serve` printed.',
  ),
  forbidden: entry(
    'user',
    'The request came from where it must not come from.',
    'Use the API’s own host name, or the CLI.',
  ),
  payload_too_large: entry('user', 'The request is larger than the limit.', 'Send less.'),
  not_approved: entry(
    'operator',
    'The node is not approved by the requester.',
    'Give it the --join-token, or run `edge node approve NODE`.',
  ),
  asset_missing: entry(
    'operator',
    'A model or sample could not be found or downloaded.',
    'Put the file where the message says, or set EDGE_ASSETS_MIRROR.',
    true,
  ),
  asset_corrupt: entry(
    'operator',
    'A file’s SHA-256 is not the expected one.',
    'Remove it and fetch it again.',
  ),
  ffmpeg_missing: entry(
    'operator',
    'No ffmpeg or ffprobe was found.',
    'Install ffmpeg, or set EDGE_FFMPEG and EDGE_FFPROBE.',
  ),
  ffmpeg_failed: entry('operator', 'ffmpeg ended with an error.', 'The message holds its last words.'),
  engine_unavailable: entry(
    'operator',
    'The node does not have this engine.',
    'See `edge doctor` on the node.',
  ),
  image_missing: entry(
    'user',
    'A container image is not on the node and cannot be pulled.',
    'Check its name; the message holds the registry’s words. An image on the node itself needs no registry.',
  ),
  container_refused: entry(
    'operator',
    'The Docker engine did not make or start a container as it was asked to.',
    'The message holds its words; see `edge doctor` on the node.',
  ),
  provider_unavailable: entry(
    'operator',
    'The execution provider does not load here.',
    'Use --provider auto, or see `edge doctor`.',
  ),
  engine_crashed: entry(
    'edge',
    'The process that did the work ended unexpectedly.',
    'It is retried; see the execution’s logs.',
    true,
  ),
  port_in_use: entry(
    'operator',
    'Another program listens on the port.',
    'Stop it, or choose another with --port or --swarm-port.',
  ),
  data_dir_locked: entry(
    'operator',
    'Another edge process uses the data directory.',
    'Stop it, or give this one its own --data-dir.',
  ),
  data_dir_unusable: entry(
    'operator',
    'The data directory cannot be used.',
    'Check its owner, mode and free space.',
  ),
  store_corrupt: entry(
    'operator',
    'The state database is damaged or of a newer version.',
    'Restore a backup; nothing was changed.',
  ),
  requester_unreachable: entry(
    'network',
    'No requester answers at this address.',
    'Start `edge serve --node-type=requester`, or check --api-host and --api-port.',
    true,
  ),
  peer_unreachable: entry(
    'network',
    'The other node cannot be reached.',
    'It is retried; check the link.',
    true,
  ),
  rpc_timeout: entry('network', 'The other node did not answer in time.', 'It is retried.', true),
  rpc_failed: entry(
    'network',
    'The other node answered with an error or broke off.',
    'See the message.',
    true,
  ),
  rpc_protocol: entry('edge', 'A message breaks the protocol.', 'Run the same version on both sides.'),
  block_missing: entry(
    'network',
    'A block of a result is not there.',
    'It is fetched again when the node is back.',
    true,
  ),
  block_corrupt: entry(
    'edge',
    'A block does not match its CID.',
    'It was thrown away and is fetched again.',
    true,
  ),
  state_conflict: entry('edge', 'The state was changed by somebody else meanwhile.', 'Read it again.', true),
  stale_token: entry('edge', 'A message of an attempt that has been replaced.', 'It is ignored.'),
  timed_out: entry('user', 'It took longer than allowed.', 'Wait longer; the job goes on.'),
  interrupted: entry('user', 'It was interrupted.', 'The job goes on.'),
  internal: entry('edge', 'A bug.', 'Report it with the log.'),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

export interface EdgeErrorInit {
  readonly details?: Readonly<Record<string, unknown>>
  /** The way out, when it is more precise than the table’s. */
  readonly hint?: string
  readonly cause?: unknown
}

/** An error as data: survives the wire and the disk. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly hint: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** The one error class: a code of the table, and a message that says what was attempted, on what, what was found. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly hint: string

  constructor(code: ErrorCode, message: string, init: EdgeErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = code
    this.details = init.details
    this.hint = init.hint ?? errorTable[code].solve
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  toJSON(): ErrorData {
    const { code, message, retryable, hint, details } = this
    return { code, message, retryable, hint, ...(details === undefined ? {} : { details }) }
  }

  /** Rebuilds an error from its data, e.g. from an HTTP body; an unknown code becomes `internal`. */
  static fromData(data: {
    code: string
    message: string
    hint?: string
    details?: Readonly<Record<string, unknown>>
  }): EdgeError {
    return new EdgeError(isErrorCode(data.code) ? data.code : 'internal', data.message, {
      ...(data.hint === undefined ? {} : { hint: data.hint }),
      ...(data.details === undefined ? {} : { details: data.details }),
    })
  }

  /** Any thrown value as an EdgeError; what is not ours is `internal` with the original as cause. */
  static from(thrown: unknown): EdgeError {
    if (thrown instanceof EdgeError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new EdgeError('internal', message, { cause: thrown })
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

/** True for an EdgeError of this code. */
export function isEdgeError(thrown: unknown, code?: ErrorCode): thrown is EdgeError {
  return thrown instanceof EdgeError && (code === undefined || thrown.code === code)
}
