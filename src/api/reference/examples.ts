/** One consistent story, by the name of the schema; a test holds each against it. */

const jobId = '4b1422ff-2c5e-4d0e-9a53-6f0a3d1c7b21'
const executionId = 'e-7d9c1f04-31aa-4b6e-8f25-0c9e5d6b7a10'
const nodeId = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const at = 1_767_225_600_000

const reason = { code: 'path_not_allowed', message: '/videos is not allow-listed on yard' }

const progress = {
  filesDone: 3,
  filesTotal: 12,
  framesDone: 5_400,
  framesTotal: 21_600,
  framesPerSecond: 91.5,
  events: 2,
  etaSeconds: 177,
  currentSource: 'videos/gate-0300.mp4',
}

const historyEntry = {
  seq: 42,
  atMs: at + 900,
  jobId,
  executionId,
  nodeId,
  entity: 'execution',
  from: 'BidAccepted',
  to: 'Running',
  revision: 4,
}

const summary = {
  id: jobId,
  state: 'Running',
  revision: 1,
  createdAtMs: at,
  updatedAtMs: at + 900,
  name: 'people-at-the-gate',
  type: 'ops',
  engine: 'onnx',
  executions: { total: 1, running: 1, completed: 0, failed: 0 },
}

const result = {
  cid: 'bafybeibwzifw52ttrkqlikfzext5akxu7lz4xiwjgwzmqcpdzmp3n5vnbe',
  bytes: 4_812_331,
  files: 9,
  scannedFiles: 12,
  scannedBytes: 3_221_225_472,
  scannedSeconds: 3_600,
  events: 3,
  clips: 3,
}

export const examples: Readonly<Record<string, unknown>> = {
  AliveView: { status: 'OK' },
  VersionView: { version: '0.1.0', node: 'v24.21.0', platform: 'linux-arm64' },
  AgentView: {
    id: nodeId,
    name: 'hub',
    version: '0.1.0',
    types: ['requester'],
    multiaddrs: ['/ip4/10.0.0.5/tcp/1235'],
    startedAtMs: at,
  },
  ApprovalRequestInput: { approval: 'approved' },
  DutyRequestInput: { duty: 'draining', drainSeconds: 600 },
  LabelsRequestInput: { labels: { site: 'north', camera: null } },
  DeletedNode: { deleted: nodeId },
  ErrorBody: {
    error: {
      code: 'job_not_found',
      message: 'there is no job "4b1422ff"',
      retryable: false,
      hint: 'Look it up with `edge list`.',
    },
    requestId: 'a0c1d2e3-6f7a-4b8c-9d0e-1f2a3b4c5d6e',
  },
  JobSpecInput: {
    apiVersion: 'edge/v1',
    name: 'people-at-the-gate',
    type: 'ops',
    engine: { type: 'onnx', model: 'yolov5n', policy: { classes: ['person', 'dog'] } },
    inputs: [{ source: { type: 'localDirectory', path: '/videos' }, target: '/videos' }],
  },
  Reason: reason,
  Progress: progress,
  HistoryEntry: historyEntry,
  JobEvent: { kind: 'history', entry: historyEntry },
  JobSummary: summary,
  JobPage: { jobs: [summary], next: 'WyJqb2JzIiwiNGIxNDIyZmYtMmM1ZS00ZDBlLTlhNTMtNmYwYTNkMWM3YjIxIl0' },
  LogRecord: {
    stream: 'stdout',
    text: 'videos/gate-0300.mp4: 2 events',
    executionId,
    nodeName: 'gate',
  },
  ResultSummary: result,
  ResultView: { executionId, nodeId, nodeName: 'gate', state: 'Completed', summary: result, fetched: true },
}
