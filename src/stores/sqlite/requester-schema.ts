import { executionTransitions, jobTransitions } from '../../domain/index.ts'
import { appendOnlySql, countersSql, stateTriggersSql, transitionsTableSql } from './state-machine-sql.ts'
import type { StoredMachine } from './state-machine-sql.ts'

/** "EDGR": requester.db is the requester’s own. */
export const requesterApplicationId = 0x45444752

export const requesterMachines: readonly StoredMachine[] = [
  { table: 'jobs', initial: 'Pending', transitions: jobTransitions },
  { table: 'executions', initial: 'New', transitions: executionTransitions },
]

/** The schema, one migration after the other; a released one never changes. Times are milliseconds since 1970. */
export const requesterMigrations: readonly string[] = [
  `
${transitionsTableSql}
${countersSql(['token', 'message'])}
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL CHECK (json_valid(spec)),
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  reason TEXT CHECK (json_valid(reason)),
  idempotency_key TEXT UNIQUE,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_age ON jobs (created_at_ms, seq);
CREATE INDEX jobs_by_state ON jobs (state, created_at_ms, seq);
${stateTriggersSql('jobs', 'Pending', ['seq', 'id', 'spec', 'idempotency_key', 'created_at_ms'])}
CREATE TABLE job_labels (
  job_seq INTEGER NOT NULL REFERENCES jobs (seq),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (job_seq, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE executions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  node_id TEXT NOT NULL,
  node_name TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  token INTEGER NOT NULL UNIQUE CHECK (token >= 1),
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  reason TEXT CHECK (json_valid(reason)),
  exit_code INTEGER,
  outcome TEXT CHECK (json_valid(outcome)),
  result TEXT CHECK (json_valid(result)),
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  running_at_ms INTEGER
) STRICT;
CREATE INDEX executions_by_job ON executions (job_id, seq);
CREATE INDEX executions_by_node ON executions (node_id, state);
CREATE INDEX executions_by_state ON executions (state, seq);
${stateTriggersSql('executions', 'New', ['seq', 'id', 'job_id', 'node_id', 'attempt', 'token', 'created_at_ms'])}
CREATE TABLE history (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  execution_id TEXT REFERENCES executions (id),
  node_id TEXT,
  entity TEXT NOT NULL CHECK (entity IN ('job', 'execution')),
  from_state TEXT,
  to_state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  reason TEXT CHECK (json_valid(reason))
) STRICT;
CREATE INDEX history_by_job ON history (job_id, seq);
${appendOnlySql('history')}
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  node_id TEXT NOT NULL,
  execution_id TEXT NOT NULL REFERENCES executions (id),
  kind TEXT NOT NULL,
  reason TEXT CHECK (json_valid(reason)),
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_node ON outbox (node_id, seq);
CREATE TRIGGER outbox_fixed BEFORE UPDATE ON outbox
BEGIN SELECT RAISE(ABORT, 'a message is sent as it was written'); END;
CREATE TABLE nodes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  approval TEXT NOT NULL,
  info TEXT NOT NULL CHECK (json_valid(info)),
  boot_id TEXT NOT NULL,
  data_epoch TEXT NOT NULL,
  acked_report_seq INTEGER NOT NULL CHECK (acked_report_seq >= 0),
  first_seen_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER nodes_cursor BEFORE UPDATE ON nodes
WHEN NEW.acked_report_seq < OLD.acked_report_seq AND NEW.data_epoch = OLD.data_epoch
BEGIN SELECT RAISE(ABORT, 'nodes: the report cursor never goes back'); END;
`,
  `
ALTER TABLE executions ADD COLUMN partition INTEGER CHECK (partition >= 0);
ALTER TABLE executions ADD COLUMN bid TEXT CHECK (json_valid(bid));
ALTER TABLE executions ADD COLUMN choice TEXT CHECK (json_valid(choice));
CREATE TRIGGER executions_partition BEFORE UPDATE ON executions
WHEN OLD.partition IS NOT NULL AND NEW.partition IS NOT OLD.partition
BEGIN SELECT RAISE(ABORT, 'executions: the partition never changes'); END;
ALTER TABLE nodes ADD COLUMN duty TEXT NOT NULL DEFAULT 'active';
ALTER TABLE nodes ADD COLUMN drain_until_ms INTEGER;
ALTER TABLE nodes ADD COLUMN set_labels TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(set_labels));
`,
]
