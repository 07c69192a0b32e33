import type pg from 'pg';
import type { Finding } from './findings.js';

/** What keeps rows of the log and of the ledger from being changed, as the migrations made it. */
const APPEND_ONLY = ['event_log', 'cost_ledger', 'prices', 'observations'] as const;

/** `pg_trigger.tgtype` of a trigger before each updated or deleted row, and before a truncation. */
const TRIGGERS = { append_only: 1 | 2 | 8 | 16, no_truncate: 2 | 32 } as const;

/** Body of the function that those triggers call, white space aside. */
const REFUSAL = `begin raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation'; end`;

/** What was found of the database's own guards. */
export interface GuardReport {
  readonly findings: readonly Finding[];
  /** What is no tampering, but more than it should be. */
  readonly warnings: readonly string[];
}

interface TriggerRow {
  readonly table: string;
  readonly name: string;
  readonly type: number;
  readonly enabled: string;
  /** It has a condition, or fires at the update of some columns alone. */
  readonly partial: boolean;
  readonly source: string;
}

/**
 * Looks whether the database still refuses what it must: triggers that are missing, switched off or call something else, and
 * such as nobody needs; rules, row security, heirs and namesakes that make tables lie; settings that switch triggers off. Rights that are wider than needed are warnings.
 */
export async function checkGuards(client: pg.Client, tables: readonly string[]): Promise<GuardReport> {
  const findings = [
    ...(await triggerFindings(client, ['event_log', 'log_head', ...tables])),
    ...(await tableFindings(client, ['event_log', 'log_head', ...tables])),
    ...(await settingFindings(client)),
  ];
  return { findings, warnings: await warningsOf(client) };
}

async function triggerFindings(client: pg.Client, tables: readonly string[]): Promise<Finding[]> {
  const { rows } = await client.query<TriggerRow>(
    `select c.relname as table, t.tgname as name, t.tgtype::int as type, t.tgenabled as enabled, p.prosrc as source,
            t.tgqual is not null or t.tgattr::text <> '' as partial
     from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
     where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and c.relname = any($1::text[])`,
    [tables],
  );
  const expected = APPEND_ONLY.flatMap((table) =>
    Object.entries(TRIGGERS).map(([suffix, type]) => ({ table, type, name: `${table}_${suffix}` })),
  );
  const isOurs = (row: TriggerRow): boolean =>
    expected.some(({ table, name }) => table === row.table && name === row.name);
  const faults = expected.map(({ table, name, type }) => {
    const trigger = rows.find((row) => row.table === table && row.name === name);
    return { table, name, reason: triggerFault(trigger, type) };
  });
  const strangers = rows
    .filter((row) => !isOurs(row))
    .map(({ table, name }) => ({ table, name, reason: 'a trigger that no migration made stands before its rows' }));
  return [...faults, ...strangers].flatMap(({ table, name, reason }): Finding[] =>
    reason === null ? [] : [{ kind: 'unguarded', table, key: name, reason }],
  );
}

function triggerFault(trigger: TriggerRow | undefined, type: number): string | null {
  if (!trigger) return 'the trigger that refuses changes is missing';
  if (trigger.enabled !== 'O' && trigger.enabled !== 'A') return 'the trigger that refuses changes is switched off';
  if (trigger.type !== type || trigger.partial) return 'the trigger that refuses changes fires at something else';
  const source = trigger.source.replace(/\s+/g, ' ').trim();
  return source === REFUSAL ? null : 'the function behind the trigger was replaced';
}

interface TableRow {
  readonly name: string;
  readonly kind: string;
  readonly secured: boolean;
  readonly rules: number;
  readonly inherited: boolean;
  /** Another schema with a table of this name. */
  readonly elsewhere: string | null;
}

async function tableFindings(client: pg.Client, tables: readonly string[]): Promise<Finding[]> {
  const { rows } = await client.query<TableRow>(
    `select c.relname as name, c.relkind as kind, c.relrowsecurity as secured,
            (select count(*)::int from pg_rewrite r where r.ev_class = c.oid) as rules,
            exists (select from pg_inherits i where i.inhparent = c.oid) as inherited,
            (select min(d.relnamespace::regnamespace::text) from pg_class d
             where d.relname = c.relname and d.oid <> c.oid and d.relkind in ('r', 'v', 'm', 'f', 'p')
               and d.relpersistence <> 't') as elsewhere
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname = any($1::text[])`,
    [tables],
  );
  return tables.flatMap((table): Finding[] => {
    const row = rows.find(({ name }) => name === table);
    const finding = (reason: string): Finding[] => [{ kind: 'unguarded', table, reason }];
    if (!row) return finding('the table is missing');
    if (row.kind !== 'r') return finding('it is no table any more');
    if (row.rules > 0) return finding('a rule stands between its rows and who reads or writes them');
    if (row.secured) return finding('row security may hide rows of it');
    if (row.inherited) return finding('another table adds rows to it, which nothing guards');
    return row.elsewhere === null
      ? []
      : finding(`the schema ${row.elsewhere} has one of that name, which may be taken for it`);
  });
}

async function settingFindings(client: pg.Client): Promise<Finding[]> {
  const { rows } = await client.query<{ setting: string; role: string | null }>(
    `select setting, r.rolname as role
     from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) as setting
     where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
       and setting ilike 'session_replication_role=%' and setting not ilike '%=origin'`,
  );
  return rows.map(({ setting, role }) => ({
    kind: 'unguarded',
    reason: `${setting}, which switches triggers off, is set for ${role ?? 'everybody'}`,
  }));
}

async function warningsOf(client: pg.Client): Promise<string[]> {
  const { rows: me } = await client.query<{ name: string; super: boolean; owner: boolean }>(
    `select current_user as name, r.rolsuper as super,
            exists (select from pg_class c where c.relname = 'event_log' and pg_has_role(c.relowner, 'usage')) as owner
     from pg_roles r where r.rolname = current_user`,
  );
  const { rows: grants } = await client.query<{ role: string; table: string; rights: string }>(
    `select coalesce(g.rolname, 'public') as role, c.relname as table, string_agg(lower(a.privilege_type), ', ' order by 1) as rights
     from pg_class c, aclexplode(c.relacl) a left join pg_roles g on g.oid = a.grantee
     where c.relnamespace = 'public'::regnamespace and c.relname = any($1::text[]) and a.grantee <> c.relowner
       and a.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
     group by 1, 2`,
    [APPEND_ONLY],
  );
  const [who] = me;
  return [
    ...(who?.super === true ? [`this runs as the superuser ${who.name}; a role that may only read is enough`] : []),
    ...(who?.super === false && who.owner
      ? [`this runs as ${who.name}, which owns the tables; a role that may only read is enough`]
      : []),
    ...grants.map(({ role, table, rights }) => `${role} may ${rights} on ${table}; nobody but its owner should`),
  ];
}
