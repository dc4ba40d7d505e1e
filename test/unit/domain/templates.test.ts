import { describe, expect, it } from 'vitest'
import {
  ExecutionId,
  fillTemplate,
  JobId,
  nodeWords,
  parseJobSpec,
  specAt,
} from '../../../src/domain/index.ts'

const fill = (text: string, values: Record<string, string> = {}): ReturnType<typeof fillTemplate> =>
  fillTemplate(text, new Map(Object.entries(values)))

describe('a template', () => {
  it('is filled in before a job is sent', () => {
    expect(fill('a: {{.one}}\nb: {{ .two }}-{{.one}}', { one: '1', two: '$&' })).toEqual({
      text: 'a: 1\nb: $&-1',
      problems: [],
    })
  })

  it('keeps what the node fills in', () => {
    const text = nodeWords.map((word) => `{{.${word}}}`).join(' ')
    expect(fill(text.replace('{{.NodeName}}', '{{ .NodeName }}'))).toEqual({ text, problems: [] })
  })

  it('names every word without a value, and all that is no word, with its line', () => {
    expect(fill('{{.a}}\n{{range .b}}\n{{.c}}{{}}', { c: 'two\nlines' }).problems).toEqual([
      { path: 'line 1', message: expect.stringContaining('-V a=') as unknown },
      { path: 'line 2', message: expect.stringContaining('--no-template') as unknown },
      { path: 'line 3', message: 'the value of c has several lines' },
      { path: 'line 3', message: expect.stringContaining('{{}}') as unknown },
    ])
  })
})

describe('a spec at its place', () => {
  const place = {
    nodeName: 'north gate/1',
    nodeId: '12D3KooW',
    jobId: JobId.parse('4b1422ff-7fc3-4518-8925-c2e5d4902a04'),
    executionId: ExecutionId.parse('e-4b1422ff-7fc3-4518-8925-c2e5d4902a04'),
    partitionIndex: 2,
    partitionCount: 5,
  }
  const spec = parseJobSpec({
    apiVersion: 'edge/v1',
    type: 'ops',
    engine: {
      type: 'docker',
      image: 'ubuntu:22.04',
      entrypoint: ['{{.NodeName}}'],
      command: ['--part', '{{ .PartitionIndex }}/{{.PartitionCount}}', '{{.Other}} {{json .}}'],
    },
    env: { WHERE: '{{.NodeName}} {{.NodeID}}', JOB: '{{.JobID}} {{.ExecutionID}}', OWN: '{{.Names}}' },
    inputs: [
      { source: { type: 'url', url: 'https://example.org/{{.NodeName}}?x={{.Other}}' }, target: '/a' },
      { source: { type: 'localDirectory', path: '/{{.NodeName}}' }, target: '/b' },
    ],
  })

  it('has the words of the node filled in where they count, and no others', () => {
    expect(specAt(spec, place)).toMatchObject({
      engine: {
        entrypoint: ['north gate/1'],
        command: ['--part', '2/5', '{{.Other}} {{json .}}'],
      },
      env: {
        WHERE: 'north gate/1 12D3KooW',
        JOB: `${place.jobId} ${place.executionId}`,
        OWN: '{{.Names}}',
      },
      inputs: [
        { source: { url: 'https://example.org/north%20gate%2F1?x={{.Other}}' } },
        { source: { path: '/{{.NodeName}}' } },
      ],
    })
  })

  it('has the variables that every execution gets', () => {
    const noop = parseJobSpec({ apiVersion: 'edge/v1', engine: { type: 'noop' } })
    expect(specAt(noop, place)).toEqual({
      ...noop,
      env: {
        EDGE_EXECUTION_ID: place.executionId,
        EDGE_JOB_ID: place.jobId,
        EDGE_JOB_TYPE: 'batch',
        EDGE_NODE_NAME: 'north gate/1',
        EDGE_PARTITION_INDEX: '2',
        EDGE_PARTITION_COUNT: '5',
      },
    })
  })
})
