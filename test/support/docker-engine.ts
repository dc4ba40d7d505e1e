import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { EngineAnswer } from './docker-setup.ts'

/** Where docker-setup.ts listens. */
export const setupVariable = 'EDGE_TEST_DOCKER_SETUP'

/**
 * Address of the Docker engine that all test files of a run share; the first that asks has it started. Undefined, with a
 * line that says why, where none can be; with CI=true that is an error.
 */
export async function sharedDocker(): Promise<string | undefined> {
  const path = process.env[setupVariable]
  if (path === undefined) throw new Error('tests with Docker want docker-setup.ts as vitest’s globalSetup')
  const answer = JSON.parse(await text(connect(path))) as EngineAnswer
  if ('address' in answer) return answer.address
  if (process.env['CI'] === 'true') throw new Error(`no Docker engine for the tests: ${answer.missing}`)
  process.stderr.write(`tests with Docker are left out: ${answer.missing}\n`)
  return undefined
}
