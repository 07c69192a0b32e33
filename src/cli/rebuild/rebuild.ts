import { existsSync, statSync } from 'node:fs';
import { auditDatabase } from '../../event-log/verification/audit-database.js';
import { findingOf, type Finding } from '../../event-log/verification/findings.js';
import { LogWalk, type Anchors } from '../../event-log/verification/log-walk.js';
import { createClient } from '../../platform/database/client.js';
import { migrate } from '../../platform/database/migrate.js';
import { ACTIVATION_PREFIX, ACTIVATION_SECONDS, randomToken, tokenHash } from '../../platform/random-token.js';
import { CliError } from '../cli-error.js';
import { derivedTables } from '../derived-tables.js';
import { showProgress } from '../progress.js';
import { readExport } from '../verify/export-reader.js';
import { LogWriter } from './log-writer.js';

/** Events that are written at a time. */
const EVENTS_AT_ONCE = 500;

/** What was rebuilt. */
export interface Rebuilt {
  readonly events: number;
  /** Rows of derived tables. */
  readonly rows: number;
  readonly activation: { readonly username: string; readonly token: string } | null;
}

interface RebuildFrom {
  readonly file: string;
  readonly anchors: Anchors;
  readonly activate: string | null;
}

type Outcome =
  { readonly finding: Finding; readonly rebuilt: null } | { readonly finding: null; readonly rebuilt: Rebuilt };

/**
 * Rebuilds an empty database from an export, in one transaction that is committed only when the log holds.
 * @throws CliError when the database has a log, the file cannot be read or nobody has the name that is to be let in
 */
export async function rebuild(databaseUrl: string, from: RebuildFrom): Promise<Outcome> {
  await migrate(databaseUrl);
  const client = createClient(databaseUrl, 'migration');
  await client.connect();
  let activation: Rebuilt['activation'];
  try {
    await client.query('begin');
    const { rows } = await client.query<{ id: number }>('select event_id as id from log_head for update');
    if (rows[0]?.id !== 0) throw new CliError('the database has a log: rebuild into an empty one');
    const writer = new LogWriter(client, derivedTables());
    const finding = await follow(from, writer);
    if (finding) return { finding, rebuilt: null };
    // Who is to set a new password needs a row for it.
    await client.query('insert into user_credentials (user_id) select id from users');
    activation = from.activate === null ? null : await activate(client, from.activate);
    await client.query('commit');
  } finally {
    // What was not committed is rolled back.
    await client.end();
  }
  const { findings, walk, rows } = await auditDatabase(databaseUrl, { tables: derivedTables(), anchors: from.anchors });
  const [finding] = findings;
  return finding ? { finding, rebuilt: null } : { finding: null, rebuilt: { events: walk.size, rows, activation } };
}

/** Follows the export and writes what it says; answers what does not hold first. */
async function follow({ file, anchors }: RebuildFrom, writer: LogWriter): Promise<Finding | null> {
  const walk = new LogWalk(anchors);
  const state = { bytes: 0 };
  const total = existsSync(file) ? statSync(file).size : 0;
  const progress = showProgress({ total, done: () => state.bytes, words: () => `bytes, ${walk.size} events rebuilt` });
  try {
    for await (const { bytes, ...event } of readExport(file)) {
      state.bytes = bytes;
      const tampering = walk.next(event);
      if (tampering) return findingOf(tampering);
      writer.add(event);
      if (writer.waiting < EVENTS_AT_ONCE) continue;
      const unfit = await writer.flush();
      if (unfit) return unfit;
    }
    const unfit = await writer.flush();
    if (unfit) return unfit;
    const tampering = walk.end();
    if (tampering) return findingOf(tampering);
    await writer.end(walk);
    return null;
  } finally {
    progress.end();
  }
}

async function activate(
  client: ReturnType<typeof createClient>,
  username: string,
): Promise<NonNullable<Rebuilt['activation']>> {
  const token = randomToken(ACTIVATION_PREFIX);
  const { rowCount } = await client.query(
    `update user_credentials c set activation_hash = $2,
       activation_expires_at = clock_timestamp() + make_interval(secs => ${ACTIVATION_SECONDS})
     from users u where u.id = c.user_id and u.username = $1 and not u.disabled`,
    [username, tokenHash(token)],
  );
  if (rowCount !== 1)
    throw new CliError(`--activate: the log knows no user "${username}" who is not disabled; nothing was rebuilt`);
  return { username, token };
}
