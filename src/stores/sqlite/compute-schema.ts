import { nodeExecutionTransitions } from '../../domain/index.ts'
import { appendOnlySql, countersSql, stateTriggersSql, transitionsTableSql } from './state-machine-sql.ts'
import type { StoredMachine } from './state-machine-sql.ts'

/** "EDGC": compute.db is a compute node’s own. */
export const computeApplicationId = 0x45444743

export const computeMachines: readonly StoredMachine[] = [
  { table: 'executions', initial: 'Accepted', transitions: nodeExecutionTransitions },
]

/** The schema, one migration after the other; a released one never changes. Times are milliseconds since 1970. */
export const computeMigrations: readonly string[] = [
  `
${transitionsTableSql}
${countersSql(['acked_report'])}
CREATE TABLE executions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL,
  token INTEGER NOT NULL CHECK (token >= 1),
  spec TEXT NOT NULL CHECK (json_valid(spec)),
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  starts INTEGER NOT NULL CHECK (starts >= 0),
  reason TEXT CHECK (json_valid(reason)),
  exit_code INTEGER,
  outcome TEXT CHECK (json_valid(outcome)),
  result TEXT CHECK (json_valid(result)),
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX executions_by_state ON executions (state, seq);
${stateTriggersSql('executions', 'Accepted', ['seq', 'id', 'job_id', 'spec', 'created_at_ms'])}
CREATE TRIGGER executions_token BEFORE UPDATE ON executions
WHEN NEW.token < OLD.token
BEGIN SELECT RAISE(ABORT, 'executions: the token never falls'); END;
CREATE TABLE reports (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  execution_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  token INTEGER NOT NULL,
  state TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  reason TEXT CHECK (json_valid(reason)),
  exit_code INTEGER,
  outcome TEXT CHECK (json_valid(outcome)),
  result TEXT CHECK (json_valid(result))
) STRICT;
${appendOnlySql('reports')}
CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  execution_id TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  UNIQUE (execution_id, key)
) STRICT;
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  `
ALTER TABLE executions ADD COLUMN partition INTEGER CHECK (partition >= 0);
CREATE TRIGGER executions_partition BEFORE UPDATE ON executions
WHEN NEW.partition IS NOT OLD.partition
BEGIN SELECT RAISE(ABORT, 'executions: the partition never changes'); END;
`,
]
