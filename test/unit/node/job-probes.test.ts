import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { execProbe, httpProbe } from '../../../src/node/job-probes.ts'
import { executionIdOf, jobIdOf, specOf } from '../../support/records.ts'

const job = {
  jobId: jobIdOf(1),
  executionId: executionIdOf(1),
  spec: specOf({ name: '$(touch /tmp/x); look' }),
}
const node = (script: string, timeoutMs = 20_000) =>
  execProbe([process.execPath, '-e', script], timeoutMs)(job, {})

describe('a probe that is a program', () => {
  it('accepts with exit code 0, and gets the job on stdin and in its environment, byte for byte', async () => {
    const script = `
      const text = require('node:fs').readFileSync(0, 'utf8')
      const isSame = text === process.env.EDGE_JOB_SELECTION_PROBE_DATA
      process.exit(isSame && JSON.parse(text).spec.name === '$(touch /tmp/x); look' ? 0 : 1)`
    expect(await node(script)).toBeUndefined()
  })

  it('refuses with any other, and the last line it printed is the reason', async () => {
    expect(await node('console.log("no"); console.error("only at night"); process.exit(3)')).toMatchObject({
      code: 'probe_rejected',
      message: expect.stringMatching(/ended with 3: only at night$/) as unknown,
    })
  })

  it('is killed with all it started when it takes too long, and may be asked again', async () => {
    const script = `require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); setTimeout(() => {}, 60000)`
    expect(await node(script, 300)).toMatchObject({
      code: 'probe_failed',
      message: expect.stringContaining('took longer than 0.3 s') as unknown,
    })
  })

  it('does not wait for what left its group and holds its output open', async () => {
    const script = `
      const options = { stdio: 'inherit', detached: true }
      const child = require('node:child_process').spawn('sleep', ['3'], options)
      setTimeout(() => {}, 60000)`
    const begunMs = performance.now()
    expect(await node(script, 1000)).toMatchObject({ code: 'probe_failed' })
    expect(performance.now() - begunMs).toBeLessThan(2900)
  })

  it('that does not exist refuses with what was found', async () => {
    expect(await execProbe(['/nowhere/probe'], 1000)(job, {})).toMatchObject({ code: 'probe_failed' })
  })

  it('ends when the node stops', async () => {
    const signal = AbortSignal.timeout(100)
    await expect(execProbe(['sleep', '60'], 20_000)(job, { signal })).rejects.toThrow()
  })
})

describe('the address of a probe', () => {
  it('is told without what may be secret in it', async () => {
    const url = await served((_, response) => response.end('{"shouldBid": false}'))
    const refusal = await httpProbe(`${url}?key=secret`, 5000)(job, {})
    expect(refusal?.message).toBe(`the probe ${url} said no`)
  })
})

async function served(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/ask`
}

describe('a probe that is an address', () => {
  const replied = async (status: number, body: string, headers = {}) =>
    httpProbe(await served((_, response) => response.writeHead(status, headers).end(body)), 2000)(job, {})

  it('gets the job as JSON, and decides with shouldBid', async () => {
    let got = ''
    const url = await served((request, response) => {
      request.on('data', (bytes: Buffer) => (got += bytes.toString()))
      request.on('end', () => response.end('{"shouldBid": true}'))
    })
    expect(await httpProbe(url, 2000)(job, {})).toBeUndefined()
    expect(JSON.parse(got)).toEqual(JSON.parse(JSON.stringify(job)))
    expect(await replied(200, '')).toBeUndefined()
    expect(await replied(200, '{"shouldBid": false, "reason": "no budget"}')).toMatchObject({
      code: 'probe_rejected',
      message: expect.stringMatching(/said no: no budget$/) as unknown,
    })
    expect(await replied(403, 'x')).toMatchObject({ code: 'probe_rejected' })
  })

  it('is a no for now when it cannot be understood, answers without end, redirects or is silent', async () => {
    const later = { code: 'probe_failed' }
    expect(await replied(200, 'yes')).toMatchObject(later)
    expect(await replied(200, 'x'.repeat(70_000))).toMatchObject(later)
    expect(await replied(302, '', { location: 'http://127.0.0.1:1/' })).toMatchObject(later)
    expect(await httpProbe('http://127.0.0.1:9/', 2000)(job, {})).toMatchObject(later)
    expect(await httpProbe(await served(() => undefined), 200)(job, {})).toMatchObject({
      ...later,
      message: expect.stringContaining('took longer') as unknown,
    })
  })
})
