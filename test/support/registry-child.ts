import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'

/**
 * A registry (Docker Registry HTTP API V2) with one image, `work:v1`, of two layers; run as a program: PORT.
 */
const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function layer(
  name: string,
  size: number,
): Promise<{ readonly plain: Buffer; readonly zipped: Buffer }> {
  const archive = pack()
  archive.entry({ name }, Buffer.alloc(size, name))
  archive.finalize()
  const plain = await buffer(archive)
  return { plain, zipped: gzipSync(plain, { level: 0 }) }
}

const layers = [await layer('first', 1000), await layer('second', 400_000)]
const config = Buffer.from(
  JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Cmd: ['/first'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ plain }) => digest(plain)) },
    history: layers.map(() => ({})),
  }),
)
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json'
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest: digest(config),
    },
    layers: layers.map(({ zipped }) => ({
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      size: zipped.length,
      digest: digest(zipped),
    })),
  }),
)
const blobs = new Map([config, ...layers.map(({ zipped }) => zipped)].map((bytes) => [digest(bytes), bytes]))

createServer((request, response) => {
  const path = request.url ?? ''
  if (path === '/v2/') response.end('{}')
  else if (/^\/v2\/work\/manifests\/(v1|sha256:.*)$/.test(path)) {
    response.writeHead(200, {
      'content-type': manifestType,
      'content-length': manifest.length,
      'docker-content-digest': digest(manifest),
    })
    response.end(request.method === 'HEAD' ? undefined : manifest)
  } else {
    const blob = blobs.get(path.split('/').at(-1) ?? '')
    response.writeHead(blob === undefined ? 404 : 200, { 'content-length': blob?.length ?? 0 })
    response.end(request.method === 'HEAD' ? undefined : blob)
  }
}).listen(Number(process.argv[2]), '127.0.0.1')
