import { readFileSync } from 'node:fs'

interface PackageFile {
  readonly version: string
}

/** The version of this package, read from its package.json, two folders up from src/utils and from dist/utils alike. */
export const edgeVersion: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as PackageFile
).version
