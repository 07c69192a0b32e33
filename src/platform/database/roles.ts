import type pg from 'pg';
import { sqlstateOf } from './sqlstate.js';

/** What a table is to the roles of its database. */
type Kind =
  /** Rows are added, never changed: the log, the ledger, what follows from them. */
  | 'appended'
  /** Rows are added, changed and removed. */
  | 'state'
  /** As `state`, and nothing for auditors: hashes of passwords, keys and tokens, and answers that may hold what was shown once. */
  | 'secret';

/** Every table, and what it is. Whoever may do what with it follows. */
export const TABLES: Readonly<Record<string, Kind>> = {
  event_log: 'appended',
  cost_ledger: 'appended',
  prices: 'appended',
  observations: 'appended',
  log_tiles: 'appended',
  log_head: 'state',
  event_texts: 'state',
  checkpoints: 'state',
  cosignatures: 'state',
  checkpoint_sinks: 'state',
  users: 'state',
  agents: 'state',
  agent_keys: 'state',
  agent_presence: 'state',
  scopes: 'state',
  accounts: 'state',
  limits: 'state',
  cost_rollups: 'state',
  holds: 'state',
  immune_policies: 'state',
  budget_refusals: 'state',
  quarantined_agents: 'state',
  immune_findings: 'state',
  immune_series: 'state',
  sensor_series: 'state',
  immune_progress: 'state',
  replica_pulse: 'state',
  stop_orders: 'state',
  substrate_state: 'state',
  state_policies: 'state',
  escalations: 'state',
  approval_policies: 'state',
  audit_findings: 'state',
  audit_runs: 'state',
  throttles: 'state',
  user_credentials: 'secret',
  agent_key_secrets: 'secret',
  sessions: 'secret',
  idempotency_records: 'secret',
};

/** Right of each role by what a table is. */
const RIGHTS = {
  writer: {
    appended: 'select, insert',
    state: 'select, insert, update, delete',
    secret: 'select, insert, update, delete',
  },
  auditor: { appended: 'select', state: 'select', secret: null },
} as const;

/** Names of the roles of a database: `<database>_owner`, `_writer`, `_auditor`. */
export function roleNames(database: string): {
  readonly owner: string;
  readonly writer: string;
  readonly auditor: string;
} {
  return { owner: `${database}_owner`, writer: `${database}_writer`, auditor: `${database}_auditor` };
}

/**
 * Makes the roles of a database where they are missing, and gives them exactly their rights: the owner has the tables and
 * migrates, the writer is the server, the auditor reads. They cannot log in; logins are made members of them.
 * @returns why they were not made (this login may make no roles), or null
 */
export async function grantRoles(client: pg.Client): Promise<string | null> {
  try {
    await client.query('begin');
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    const names = roleNames(rows[0]?.name ?? '');
    for (const name of Object.values(names)) await createRole(client, name);
    await giveTables(client, names.owner);
    for (const role of ['writer', 'auditor'] as const) await giveRights(client, role, names[role]);
    await client.query('commit');
    return null;
  } catch (error) {
    await client.query('rollback');
    // 42501, insufficient_privilege: a login that may make no roles still migrates.
    if (sqlstateOf(error) !== '42501') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Replicas that start at once may both want to make it. */
async function createRole(client: pg.Client, name: string): Promise<void> {
  await client.query(`do $do$ begin
    if not exists (select from pg_roles where rolname = ${client.escapeLiteral(name)}) then
      create role ${client.escapeIdentifier(name)} nologin;
    end if;
  exception when duplicate_object or unique_violation then null;
  end $do$`);
}

async function giveTables(client: pg.Client, owner: string): Promise<void> {
  const role = client.escapeIdentifier(owner);
  await client.query(`grant ${role} to current_user`);
  await client.query(`grant usage, create on schema public to ${role}`);
  for (const table of [...Object.keys(TABLES), 'schema_migrations'])
    await client.query(`alter table ${table} owner to ${role}`);
  await client.query(`alter function refuse_change() owner to ${role}`);
}

async function giveRights(client: pg.Client, role: keyof typeof RIGHTS, name: string): Promise<void> {
  const to = client.escapeIdentifier(name);
  await client.query(`grant usage on schema public to ${to}`);
  await client.query(`grant select on schema_migrations to ${to}`);
  for (const [table, kind] of Object.entries(TABLES)) {
    const rights = RIGHTS[role][kind];
    await client.query(`revoke all on ${table} from ${to}`);
    if (rights !== null) await client.query(`grant ${rights} on ${table} to ${to}`);
  }
}
