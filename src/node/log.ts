import { pino } from 'pino'
import type { Log } from '../ports/index.ts'

/** pino on stderr: pretty on a terminal, JSON lines otherwise. Secrets are redacted by field name. */
export function createLog(options: { level: string; json?: boolean | undefined }): Log {
  const pretty = !(options.json ?? !process.stderr.isTTY)
  return pino(
    {
      level: options.level,
      base: null,
      redact: {
        paths: [
          'token',
          'joinToken',
          'apiToken',
          'authorization',
          '*.token',
          '*.joinToken',
          '*.authorization',
        ],
      },
    },
    pretty
      ? (pino.transport({
          target: 'pino-pretty',
          options: {
            destination: 2,
            translateTime: 'SYS:HH:MM:ss.l',
            ignore: 'pid,hostname',
            singleLine: true,
          },
        }) as pino.DestinationStream)
      : pino.destination({ dest: 2, sync: true }),
  )
}
