import type { CommandEntry } from './command.ts'
import { jobCommands, shortCommands } from './job-commands.ts'
import { setupCommands } from './setup-commands.ts'

export const groups: Readonly<Record<string, string>> = {
  job: 'Jobs: submit, look into, compare, submit again, stop',
  docker: 'Run containers on the nodes',
  onnx: 'Run YOLOv5 in process on the nodes',
  node: 'Look at the nodes, approve, drain and label them',
  model: 'Models of this machine: official ones, and yours',
  config: 'Settings of this machine, and where they come from',
  profile: 'APIs that have a name here, for --profile',
  token: 'The token that the API of a node wants',
  agent: 'Ask the node that answers at --api-host',
}

/** Every command: a plain table, so that help needs to load none of them. */
export const commandTable: readonly CommandEntry[] = [
  {
    command: 'serve',
    describe: 'Start a node: requester, compute or both',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    group: 'onnx',
    command: 'run',
    describe: 'Find events in the nodes’ footage with YOLOv5',
    load: async () => (await import('./commands/onnx-run.ts')).onnxRun,
  },
  ...shortCommands,
  ...jobCommands,
  {
    group: 'docker',
    command: 'run <image>',
    describe: 'Run a container beside the nodes’ footage',
    passesOn: true,
    load: async () => (await import('./commands/docker-run.ts')).dockerRun,
  },
  {
    command: 'schema',
    describe: 'Print the JSON schema of job specs',
    load: async () => (await import('./commands/schema.ts')).schema,
  },
  {
    group: 'node',
    command: 'list',
    describe: 'List the nodes that the requester knows',
    load: async () => (await import('./commands/node-list.ts')).nodeList,
  },
  {
    group: 'node',
    command: 'describe <node>',
    describe: 'Show a node: labels, capacity, engines, paths, link',
    load: async () => (await import('./commands/node-describe.ts')).nodeDescribe,
  },
  {
    group: 'node',
    command: 'approve <node>',
    describe: 'Let a node take part',
    load: async () => (await import('./commands/node-approval.ts')).nodeApprove,
  },
  {
    group: 'node',
    command: 'reject <node>',
    describe: 'Refuse a node',
    load: async () => (await import('./commands/node-approval.ts')).nodeReject,
  },
  {
    group: 'node',
    command: 'cordon <node>',
    describe: 'Give a node no new work',
    load: async () => (await import('./commands/node-duty.ts')).nodeCordon,
  },
  {
    group: 'node',
    command: 'uncordon <node>',
    describe: 'Give a node work again',
    load: async () => (await import('./commands/node-duty.ts')).nodeUncordon,
  },
  {
    group: 'node',
    command: 'drain <node>',
    describe: 'Let a node finish and give it no new work',
    load: async () => (await import('./commands/node-duty.ts')).nodeDrain,
  },
  {
    group: 'node',
    command: 'label <node> <labels..>',
    describe: 'Set labels of a node, or take them away',
    load: async () => (await import('./commands/node-label.ts')).nodeLabel,
  },
  {
    group: 'node',
    command: 'delete <node>',
    describe: 'Forget a node that will not come back',
    load: async () => (await import('./commands/node-delete.ts')).nodeDelete,
  },
  {
    group: 'agent',
    command: 'alive',
    describe: 'Is the node alive?',
    load: async () => (await import('./commands/agent-alive.ts')).agentAlive,
  },
  {
    command: 'id',
    describe: 'Show the id of the node that answers',
    load: async () => (await import('./commands/id.ts')).id,
  },
  {
    command: 'version',
    describe: 'Show the versions of this program and of the node',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    command: 'detect [paths..]',
    describe: 'Find events in local files, or write label files as detect.py does; no daemon',
    load: async () => (await import('./commands/detect.ts')).detect,
  },
  {
    command: 'events <paths..>',
    describe: 'Try a policy on local files: every event with its zones and crossings',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    command: 'eval',
    describe: 'Compare events with the truth; fail when a bound is missed',
    load: async () => (await import('./commands/eval.ts')).evaluateEvents,
  },
  {
    command: 'bench <video>',
    describe: 'Measure speed and memory on a video of yours',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
  {
    group: 'model',
    command: 'list',
    describe: 'List the models that can be named here',
    load: async () => (await import('./commands/model-list.ts')).modelList,
  },
  {
    group: 'model',
    command: 'pull <name>',
    describe: 'Fetch an official model, verified',
    load: async () => (await import('./commands/model-pull.ts')).modelPull,
  },
  {
    group: 'model',
    command: 'import <file>',
    describe: 'Try a .pt or .onnx file and give it a name',
    load: async () => (await import('./commands/model-import.ts')).modelImport,
  },
  {
    group: 'model',
    command: 'inspect <model>',
    describe: 'Show what a model is, by name or file',
    load: async () => (await import('./commands/model-inspect.ts')).modelInspect,
  },
  {
    group: 'model',
    command: 'rm <name>',
    describe: 'Remove an imported or pulled model',
    load: async () => (await import('./commands/model-rm.ts')).modelRm,
  },
  {
    group: 'model',
    command: 'quantize <model>',
    describe: 'Make a model faster with int8, kept where it agrees with float',
    load: async () => (await import('./commands/model-quantize.ts')).modelQuantize,
  },
  {
    command: 'doctor',
    describe: 'Check this machine: what works, what does not, how to mend it',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    command: 'cost',
    describe: 'What footage costs in the cloud, and with edge',
    load: async () => (await import('./commands/cost.ts')).cost,
  },
  {
    command: 'cid <path>',
    describe: 'Print the root CID of a file or folder',
    load: async () => (await import('./commands/cid.ts')).cid,
  },
  ...setupCommands,
]
