import type { StateTable } from '../../domain/index.ts'
import type { Database } from './database.ts'

/** A state machine whose states live in the column `state` of a table, with `revision` beside it. */
export interface StoredMachine {
  readonly table: string
  readonly initial: string
  readonly transitions: StateTable<string>
}

/** The table that the triggers look ways up in; filled from the domain’s tables at every start. */
export const transitionsTableSql = `
CREATE TABLE state_transitions (
  machine TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,
  PRIMARY KEY (machine, from_state, to_state)
) STRICT, WITHOUT ROWID;
`

/**
 * Triggers by which the file itself holds the state graph closed, whoever writes to it: a row begins in the initial
 * state at revision 0, every update raises the revision by one, every way is in `state_transitions`, so what is over
 * has none; `fixed` columns never change.
 */
export function stateTriggersSql(table: string, initial: string, fixed: readonly string[]): string {
  const changed = fixed.map((column) => `NEW.${column} IS NOT OLD.${column}`).join(' OR ')
  return `
CREATE TRIGGER ${table}_begin BEFORE INSERT ON ${table}
WHEN NEW.state <> '${initial}' OR NEW.revision <> 0
BEGIN SELECT RAISE(ABORT, '${table}: begins ${initial} at revision 0'); END;
CREATE TRIGGER ${table}_way BEFORE UPDATE ON ${table}
WHEN NEW.state <> OLD.state AND NOT EXISTS (
  SELECT 1 FROM state_transitions
  WHERE machine = '${table}' AND from_state = OLD.state AND to_state = NEW.state)
BEGIN SELECT RAISE(ABORT, '${table}: no such way between states'); END;
CREATE TRIGGER ${table}_revision BEFORE UPDATE ON ${table}
WHEN NEW.revision <> OLD.revision + 1
BEGIN SELECT RAISE(ABORT, '${table}: the revision rises by one'); END;
CREATE TRIGGER ${table}_fixed BEFORE UPDATE ON ${table}
WHEN ${changed}
BEGIN SELECT RAISE(ABORT, '${table}: ${fixed.join(', ')} never change'); END;
`
}

/** Triggers of a log: rows are only appended, `seq` without gaps. */
export function appendOnlySql(table: string): string {
  return `
CREATE TRIGGER ${table}_append BEFORE INSERT ON ${table}
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ${table})
BEGIN SELECT RAISE(ABORT, '${table}: seq has no gaps'); END;
CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table}
BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;
CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table}
BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;
`
}

/** A table of numbers that only rise, beginning at 0. */
export function countersSql(names: readonly string[]): string {
  return `
CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER counters_rise BEFORE UPDATE ON counters
WHEN NEW.value < OLD.value OR NEW.name <> OLD.name
BEGIN SELECT RAISE(ABORT, 'counters only rise'); END;
CREATE TRIGGER counters_stay BEFORE DELETE ON counters
BEGIN SELECT RAISE(ABORT, 'counters stay'); END;
${names.map((name) => `INSERT INTO counters VALUES ('${name}', 0);`).join('\n')}
`
}

/** Makes `state_transitions` say what the domain’s tables say; writes nothing when it does already. */
export function syncTransitions(database: Database, machines: readonly StoredMachine[]): void {
  const wanted = machines.flatMap(({ table, transitions }) =>
    Object.entries(transitions).flatMap(([from, ways]) => ways.map((to) => [table, from, to] as const)),
  )
  const kept = database.all('SELECT machine, from_state, to_state FROM state_transitions')
  const line = (parts: readonly unknown[]): string => JSON.stringify(parts)
  const keptLines = new Set(kept.map((row) => line([row.machine, row.from_state, row.to_state])))
  if (keptLines.size === wanted.length && wanted.every((way) => keptLines.has(line(way)))) return
  database.transaction(() => {
    database.run('DELETE FROM state_transitions')
    for (const [machine, from, to] of wanted) {
      database.run('INSERT INTO state_transitions VALUES (?, ?, ?)', machine, from, to)
    }
  })
}
