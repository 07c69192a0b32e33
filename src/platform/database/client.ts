import pg from 'pg';

/** The one place that makes database clients, so that each has its limits. */

/** Time to connect, in ms: a database that takes longer is down for a request. */
const CONNECT_MS = 2_000;
/** Time for one statement on the server, in ms: under the client's own limit, so that the server says it first. */
const STATEMENT_MS = 2_500;
/** Time for one statement as the client sees it, in ms: a half-open connection answers nothing at all. */
const QUERY_MS = 3_000;
/** Time to wait for a lock, in ms: the head is held for tens of ms by a healthy replica. */
const LOCK_MS = 500;
/** Time that a transaction may sit idle, in ms: a stopped process must not keep the head. */
const IDLE_IN_TRANSACTION_MS = 2_000;

const { builtins } = pg.types;
const TIMESTAMPTZ_ARRAY = 1185;
const BIGINT_ARRAY = 1016;

/**
 * Column values as governed tables decode them: moments stay PostgreSQL's text (a Date would lose the microseconds),
 * event ids are numbers (they stay far below 2^53), amounts stay text until they are made BigInt.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
    switch (oid) {
      case builtins.TIMESTAMPTZ:
      case TIMESTAMPTZ_ARRAY:
        return (text: string) => text;
      case builtins.INT8:
        return Number;
      case BIGINT_ARRAY:
        return (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number));
      default:
        return pg.types.getTypeParser(oid, 'text');
    }
  },
};

/** What a connection is for. */
export type ClientPurpose = 'read' | 'spine' | 'bookkeeping' | 'detection' | 'migration' | 'audit' | 'job';

/** Purposes whose connections may write; all others are read-only by default. */
const WRITERS: readonly ClientPurpose[] = ['spine', 'bookkeeping', 'detection', 'migration'];

/** Purposes that a request waits for; the others run longer and have no limits. */
const HURRIED: readonly ClientPurpose[] = ['read', 'spine', 'bookkeeping'];

/** Options of a client or pool for a purpose. */
export function clientOptions(url: string, purpose: ClientPurpose): pg.PoolConfig {
  const limits: pg.ClientConfig = HURRIED.includes(purpose)
    ? {
        statement_timeout: STATEMENT_MS,
        query_timeout: QUERY_MS,
        lock_timeout: LOCK_MS,
        idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      }
    : {};
  const readOnly = WRITERS.includes(purpose) ? 'off' : 'on';
  return {
    connectionString: url,
    application_name: `echo-substrate ${purpose}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: typeParsers,
    // Whoever may set a role's or a database's search_path could put tables of his own before ours. Numbers are read with
    // all their digits.
    options: `-c search_path=public -c timezone=UTC -c datestyle=ISO -c extra_float_digits=1 -c default_transaction_read_only=${readOnly}`,
    ...limits,
  };
}

/** An unconnected client. Its 'error' event has a listener: a checked-out client without one ends the process when the database restarts. */
export function createClient(
  url: string,
  purpose: ClientPurpose,
  extra: pg.ClientConfig & { pipeline?: boolean } = {},
): pg.Client {
  const client = new pg.Client({ ...clientOptions(url, purpose), ...extra });
  client.on('error', () => undefined);
  return client;
}

/** A pool; idle and checked-out clients both have an error listener. */
export function createPool(url: string, purpose: ClientPurpose, max: number): pg.Pool {
  const pool = new pg.Pool({ ...clientOptions(url, purpose), max });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}
