import { createUrlSource } from '../../src/sources/index.ts'
import { FileServer } from '../support/file-server.ts'
import { inputCache } from '../support/input-cache.ts'
import { tempDir } from '../support/temp-dir.ts'
import { describeInputSource } from './input-source.ts'

const suite = { isWritable: false, refusals: ['private', 'missing', 'changed', 'too large', 'broken'] }

describeInputSource('url', suite, async () => {
  const server = await FileServer.start()
  const content = Buffer.from('a video')
  const spec = (url: string, more = {}) =>
    ({ type: 'url', url, maxBytes: 100, timeoutSeconds: 10, ...more }) as const
  const good = server.serve('/north/gate.mp4', content)
  return {
    source: createUrlSource({
      cache: await inputCache(await tempDir()),
      allowedHosts: [server.host],
      retryMs: [1],
    }),
    good: { spec: spec(good), files: 0, bytes: 0 },
    content: ['gate.mp4'],
    refused: {
      private: { spec: spec('http://10.0.0.1/x'), code: 'url_not_allowed', atBid: 'url_not_allowed' },
      missing: { spec: spec(server.url('/none')), code: 'path_missing' },
      changed: { spec: spec(good, { sha256: 'a'.repeat(64) }), code: 'input_corrupt' },
      'too large': { spec: spec(good, { maxBytes: 3 }), code: 'payload_too_large' },
      broken: {
        spec: spec(server.serve('/broken', content, { breaks: [0, 0, 0] })),
        code: 'input_unavailable',
      },
    },
  }
})
