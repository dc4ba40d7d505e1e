import { EdgeError, type JobSpecInput } from '../../domain/index.ts'
import type { Args, Command } from '../command.ts'
import { bacalhauEnv, wordsOf } from '../container-words.ts'
import type { Terminal } from '../terminal.ts'
import { clipOptions, clipsOf } from './clip-options.ts'
import { waitOptions } from './client-options.ts'
import { containerOf, containerOptions } from './container-options.ts'
import { downloadOptions } from './get.ts'
import { jobOf, jobOptions } from './job-options.ts'
import { eventOptions, eventPolicyOf } from './policy-options.ts'
import { submitOrPrint } from './submit-job.ts'

/** `edge docker run [flags] IMAGE [words...]`: a container on every matching node (--target=all), or on some. */
export const dockerRun: Command = {
  examples: [
    [
      'edge docker run --target=all -i file:///videos:/videos --download edge/yolov5',
      'the YOLOv5 image beside every node’s footage',
    ],
    [
      'edge docker run --target=all -i file:///videos:/videos --classes car -e CLASSES=2 edge/yolov5',
      'only clips of events with cars leave the nodes',
    ],
    [
      "edge docker run --follow --memory 2Gi busybox sh -c 'date > /outputs/when'",
      'what stands after the image is for the container',
    ],
  ],
  build: (yargs) =>
    containerOptions(jobOptions(downloadOptions(waitOptions(clipOptions(eventOptions(yargs))))))
      .positional('image', {
        type: 'string',
        demandOption: true,
        describe: 'image reference; flags after it are the container’s',
      })
      .usage('edge docker run [flags] IMAGE [words of the container...]'),
  run: async (args, terminal) => submitOrPrint(await specOf(args, terminal), args, terminal),
}

async function specOf(args: Args, terminal: Terminal): Promise<JobSpecInput> {
  const { env: late, words, note } = bacalhauEnv(wordsOf(args))
  if (note !== undefined) terminal.note(note)
  const early = (args['env'] as readonly string[] | undefined) ?? []
  const { engine, job } = containerOf({ ...args, env: [...early, ...late] }, process.env)
  const policy = await eventPolicyOf(args)
  const clips = clipsOf(args)
  if (policy === undefined && job.publish === 'events')
    throw new EdgeError('usage', '--publish=events needs what makes an event', {
      hint: 'Give --policy FILE, --classes or another flag of a policy.',
    })
  if ((policy === undefined || job.publish === 'all') && clips.clips !== undefined)
    throw new EdgeError('usage', `${clipFlags(args)}: of a container’s events only, and there are none`, {
      hint: 'Give --policy FILE, --classes or another flag of a policy, and not --publish=all.',
    })
  return {
    ...jobOf(args),
    engine: {
      type: 'docker',
      image: args['image'] as string,
      ...engine,
      ...(words.length === 0 ? {} : { command: [...words] }),
      ...(policy === undefined ? {} : { policy }),
      ...clips,
    },
    ...job,
  }
}

/** The flags of clipOptions that were given. */
function clipFlags(args: Args): string {
  const given = [
    ...['clip-mode', 'redact', 'redact-heads', 'redact-zone', 'redact-method'],
    ...['preview', 'contact-sheet', 'timeline'],
  ].filter((flag) => args[flag] !== undefined)
  return given.map((flag) => `--${flag}`).join(', ')
}
