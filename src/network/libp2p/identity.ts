import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeError, NodeId } from '../../domain/index.ts'
import { errnoOf } from '../../utils/errno.ts'
import { replaceFile } from '../../utils/whole-file.ts'

export interface Identity {
  readonly id: NodeId
  readonly privateKey: PrivateKey
}

/** No key file is longer; an Ed25519 key has 68 bytes. */
const maxKeyBytes = 1024

/**
 * The Ed25519 key of `<dataDir>/identity.key` (libp2p’s protobuf, mode 0600), made when there is none.
 * Throws `data_dir_unusable` when it cannot be read, is no such key, or others may read it.
 */
export async function loadIdentity(dataDir: string): Promise<Identity> {
  const path = join(dataDir, 'identity.key')
  try {
    return parse(path, (await read(path)) ?? (await create(dataDir, path)))
  } catch (error) {
    if (error instanceof EdgeError) throw error
    throw new EdgeError('data_dir_unusable', `cannot use the key ${path}: ${String(error)}`, { cause: error })
  }
}

async function read(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > maxKeyBytes) throw notAKey(path)
    if ((stats.mode & 0o077) !== 0)
      throw new EdgeError(
        'data_dir_unusable',
        `the key ${path} has mode ${(stats.mode & 0o777).toString(8)}: others may read it`,
        { hint: `If nobody copied it, run: chmod 600 ${path}. Otherwise remove it; the node gets a new id.` },
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** When two processes do this at once, both get the key of the first. */
async function create(dataDir: string, path: string): Promise<Uint8Array> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const bytes = privateKeyToProtobuf(await generateKeyPair('Ed25519'))
  try {
    await replaceFile(path, bytes, { mode: 0o600, exclusive: true })
    return bytes
  } catch (error) {
    const other = errnoOf(error) === 'EEXIST' ? await read(path) : undefined
    if (other === undefined) throw error
    return other
  }
}

function parse(path: string, bytes: Uint8Array): Identity {
  let privateKey: PrivateKey
  try {
    privateKey = privateKeyFromProtobuf(bytes)
  } catch (error) {
    throw notAKey(path, error)
  }
  if (privateKey.type !== 'Ed25519') throw notAKey(path)
  return { id: NodeId.parse(peerIdFromPrivateKey(privateKey).toString()), privateKey }
}

function notAKey(path: string, cause?: unknown): EdgeError {
  return new EdgeError('data_dir_unusable', `${path} holds no Ed25519 key`, {
    hint: 'Restore it from a backup, or remove it; the node gets a new id then.',
    ...(cause === undefined ? {} : { cause }),
  })
}
