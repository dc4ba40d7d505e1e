import { writeSync } from 'node:fs'
import { lockDataDir } from '../../../src/stores/index.ts'

/** Holds the lock of the directory in argv until stdin ends or it is killed. */
const lock = await lockDataDir(process.argv[2] ?? '')
writeSync(1, 'locked\n')
process.stdin.resume()
process.stdin.once('end', () => {
  lock.release()
})
