import { accessSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * The path of a real model, video or reference, e.g. `videos/horses.mp4`; a bare name is a video. Throws where it is
 * missing, for a test that skips itself proves nothing.
 */
export function samplePath(name: string): string {
  const mirror = process.env['EDGE_ASSETS_MIRROR']
  const assets = mirror ?? resolve(import.meta.dirname, '../../../shared/assets')
  const path = join(assets, name.includes('/') ? name : join('videos', name))
  try {
    accessSync(path)
  } catch (error) {
    throw new Error(
      `the sample ${path} is missing: set EDGE_ASSETS_MIRROR to the folder that holds models/ and videos/`,
      {
        cause: error,
      },
    )
  }
  return path
}
