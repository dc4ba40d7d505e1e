import { loadSettings } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { coloured } from '../terminal.ts'
import { jsonOption } from './client-options.ts'

/** `edge doctor`: tries everything a node needs here; exit code 1 when something that is needed fails. */
export const doctor: Command = {
  examples: [['edge doctor', 'ffmpeg, model, providers, disk, ports, requester']],
  build: jsonOption,
  run: async (args, terminal) => {
    const { values } = loadSettings({
      apiHost: args['apiHost'],
      apiPort: args['apiPort'],
      dataDir: args['dataDir'],
    })
    const { examine } = await import('../../node/index.ts')
    const findings = []
    for await (const finding of examine(values, { signal: terminal.signal })) {
      findings.push(finding)
      if (args['json'] === true) continue
      const mark = {
        ok: coloured('good', 'ok  '),
        note: coloured('quiet', 'note'),
        bad: coloured('bad', 'BAD '),
      }[finding.verdict]
      terminal.print(`${mark}  ${finding.what.padEnd(20)}  ${finding.found}`)
      if (finding.mend !== undefined) terminal.print(`${''.padEnd(28)}${finding.mend}`)
    }
    if (args['json'] === true) terminal.printJson(findings)
    return findings.some(({ verdict }) => verdict === 'bad') ? exitCodes.failed : exitCodes.done
  },
}
