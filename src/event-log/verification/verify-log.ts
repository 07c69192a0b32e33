import type pg from 'pg';
import { CompactRange, FORMAT_VERSION, HASH_BYTES } from '../chain.js';
import { createClient } from '../../platform/database/client.js';
import { sqlstateOf } from '../../platform/database/sqlstate.js';
import { timestampOfPostgres } from '../../platform/time.js';
import { faultOf, LOG_COLUMNS, type LogRow } from './event-check.rules.js';
import { joinSnapshot, openSnapshot } from './snapshot.js';

/** Ids that one statement checks: a second or so, and a failure costs one such range to be looked at closely. */
export const RANGE_IDS = 50_000;
/** Ranges that are checked at the same time, each on a connection of its own: a verification may take two cores, not all. */
const LANES = 2;
/** Rows that a close look reads at a time. */
const CLOSE_ROWS = 2_000;
/** Leaves that are added to the Merkle range before other work gets its turn: a few ms. */
const LEAVES_AT_ONCE = 2_000;
/** Bytes at the end of a body that hold its members behind `previous_event_id`, with the longest subject and request id. */
const TAIL_BYTES = 500;

/** The first event that does not hold, and why. */
export interface Break {
  readonly event_id: number;
  readonly reason: string;
}

/** What a verification found. */
export interface Verification {
  readonly valid: boolean;
  readonly events_checked: number;
  readonly head: { readonly id: number; readonly hash: string | null };
  readonly first_break: Break | null;
}

/** What to verify, and how closely. */
export interface VerificationOptions {
  /** First event; 1 unless said. The whole log is also compared with the head's Merkle range. */
  readonly fromId?: number;
  /** Last event; null or above the head: the head. */
  readonly toId?: number | null;
  /** `full` (unless said) or `chain`: only that each hash is its body's, and that each body names the hash before it. */
  readonly depth?: 'full' | 'chain';
  /** Ids that one statement checks; `RANGE_IDS` unless said. */
  readonly rangeIds?: number;
  /** Told how many events have been checked. */
  readonly onProgress?: (events: number) => void;
}

/** Hashes of a range in order, and whether it holds, in one row; a range that does not hold is looked at closely. */
const RANGE_OF = (checked: string): string => `
  select count(*)::int as rows, bool_and(holds is true) as holds, string_agg(hash, ''::bytea order by id) as hashes
  from (${checked}) checked where id >= $1`;

/**
 * What each depth asks of a range in the database. The bodies are read as `json`, not `jsonb`: that costs half. A body
 * that is no JSON makes the statement fail, which is a finding too.
 */
const RANGE = {
  chain: RANGE_OF(`
    select id, hash, fits and (id = 1 or position(
        textsend(',"previous_hash":"' || encode(lag(hash) over (order by id), 'hex') || '","request_id":"') in tail) > 0
      ) as holds
    from (
      select id, hash, hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8')) as fits,
        substring(textsend(body) from greatest(1, octet_length(body) - ${TAIL_BYTES})) as tail
      from event_log where id between $1::bigint - 1 and $2
    ) read`),
  full: RANGE_OF(`
    select id, hash, fits and said is not distinct from encode(lag(hash) over (order by id), 'hex') as holds
    from (
      select e.id, e.hash, b.previous_hash as said,
        e.hash = sha256('\\x00'::bytea || convert_to(e.body, 'UTF8'))
        and b.id = e.id::text
        and b.previous_event_id is not distinct from e.previous_event_id::text
        and b.v = '${FORMAT_VERSION}'
        and b.type = e.type
        and b.outcome = e.outcome
        and b.actor->>'id' = e.actor_id
        and (b.subject->>'id') is not distinct from e.subject_id
        and b.occurred_at::timestamptz = e.occurred_at
        and b.request_id = e.request_id
        and (e.id = 1) = (e.type = 'substrate.genesis') as fits
      from event_log e, json_to_record(e.body::json) as b(
        id text, previous_event_id text, previous_hash text, v text, type text, outcome text, actor json, subject json,
        occurred_at text, request_id text)
      where e.id between $1::bigint - 1 and $2
      offset 0 -- so that the window below runs over three columns, not over bodies
    ) read`),
} as const;

const CLOSE = `select ${LOG_COLUMNS} from event_log where id between $1 and $2 order by id`;

/** Verifies the log of a database in one snapshot, on connections of its own: appending goes on meanwhile. */
export async function verifyDatabase(databaseUrl: string, options: VerificationOptions = {}): Promise<Verification> {
  const lanes = Array.from({ length: LANES }, () => createClient(databaseUrl, 'audit'));
  try {
    await openLanes(lanes);
    return await verifyLog(lanes, options);
  } finally {
    await Promise.all(lanes.map((lane) => lane.end().catch(() => undefined)));
  }
}

/** Connects them and lets all of them see the same moment. */
async function openLanes([first, ...others]: readonly pg.Client[]): Promise<void> {
  if (!first) return;
  await first.connect();
  const snapshot = await openSnapshot(first);
  for (const lane of others) {
    await lane.connect();
    await joinSnapshot(lane, snapshot);
  }
}

/** Verifies the log as these connections see it; each is in a transaction, and all see the same. */
export async function verifyLog(lanes: readonly pg.Client[], options: VerificationOptions = {}): Promise<Verification> {
  const { fromId = 1, toId = null } = options;
  const [client] = lanes;
  if (!client) throw new RangeError('a verification needs a connection');
  const head = await readHead(client);
  const last = Math.min(toId ?? head.id, head.id);
  const ranges = new Ranges(lanes, fromId, last, options);
  const broken = (await ranges.check()) ?? (await headBreak(client, head, last, ranges.tree));
  const checked = broken ? Math.max(0, broken.event_id - fromId) : Math.max(0, last - fromId + 1);
  return {
    valid: broken === null,
    events_checked: checked,
    head: { id: head.id, hash: head.hash },
    first_break: broken,
  };
}

interface HeadRow {
  readonly id: number;
  readonly hash: string | null;
  readonly range: Buffer;
}

async function readHead(client: pg.Client): Promise<HeadRow> {
  const { rows } = await client.query<HeadRow>(
    `select event_id as id, encode(hash, 'hex') as hash, coalesce(range, '') as range from log_head`,
  );
  const [head] = rows;
  if (!head) throw new Error('the log has no head');
  return head;
}

interface CheckedRange {
  readonly from: number;
  readonly to: number;
  /** One after the other; none when the range does not hold. */
  readonly hashes: Buffer;
}

/** Checks ranges of ids, several at a time, and grows the Merkle range over those that hold, in order. */
class Ranges {
  /** Of the whole log from its first event on; null for a part of it, whose tree nobody can know. */
  readonly tree: CompactRange | null;
  private next: number;
  private checked = 0;
  private broken: Break | null = null;

  constructor(
    private readonly lanes: readonly pg.Client[],
    from: number,
    private readonly last: number,
    private readonly options: VerificationOptions,
  ) {
    this.next = from;
    this.tree = from === 1 ? CompactRange.empty() : null;
  }

  /** The first event that does not hold, or null. */
  async check(): Promise<Break | null> {
    const waiting = new Map<number, CheckedRange>();
    let following = this.next;
    let growing = Promise.resolve();
    const take = (range: CheckedRange): void => {
      waiting.set(range.from, range);
      for (let ready = waiting.get(following); ready; ready = waiting.get(following)) {
        waiting.delete(following);
        following = ready.to + 1;
        const { hashes } = ready;
        growing = growing.then(() => this.grow(hashes));
      }
    };
    await Promise.all(this.lanes.map((lane) => this.drive(lane, take)));
    await growing;
    return this.broken;
  }

  private async drive(lane: pg.Client, take: (range: CheckedRange) => void): Promise<void> {
    // Ranges are given out in order: once one is broken, none behind it matters.
    while (this.next <= this.last && this.broken === null) {
      const from = this.next;
      const to = Math.min(from + (this.options.rangeIds ?? RANGE_IDS) - 1, this.last);
      this.next = to + 1;
      const { broken, hashes } = await checkRange(lane, from, to, this.options.depth ?? 'full');
      this.keepFirst(broken);
      this.checked += to - from + 1;
      this.options.onProgress?.(this.checked);
      take({ from, to, hashes });
    }
  }

  private keepFirst(broken: Break | null): void {
    if (broken && broken.event_id < (this.broken?.event_id ?? Infinity)) this.broken = broken;
  }

  private async grow(hashes: Buffer): Promise<void> {
    if (!this.tree) return;
    for (let at = 0; at < hashes.length; at += HASH_BYTES) {
      this.tree.append(hashes.subarray(at, at + HASH_BYTES));
      if ((at / HASH_BYTES) % LEAVES_AT_ONCE === 0) await new Promise(setImmediate);
    }
  }
}

/** The hashes of a range, or what is wrong in it. */
async function checkRange(
  client: pg.Client,
  from: number,
  to: number,
  depth: keyof typeof RANGE,
): Promise<{ broken: Break | null; hashes: Buffer }> {
  const hashes = await hashesWhereItHolds(client, from, to, depth);
  if (hashes) return { broken: null, hashes };
  const broken = await lookClosely(client, from, to);
  return { broken, hashes: broken ? Buffer.alloc(0) : await hashesOf(client, from, to) };
}

/** The hashes of a range that holds as far as the database can say, or null: a close look has the last word. */
async function hashesWhereItHolds(
  client: pg.Client,
  from: number,
  to: number,
  depth: keyof typeof RANGE,
): Promise<Buffer | null> {
  await client.query('savepoint range');
  try {
    const { rows } = await client.query<{ rows: number; holds: boolean; hashes: Buffer }>(RANGE[depth], [from, to]);
    const [range] = rows;
    return range?.rows === to - from + 1 && range.holds ? range.hashes : null;
  } catch (error) {
    // Class 22, data exception: a body or a time in it is not what it should be.
    if (!sqlstateOf(error)?.startsWith('22')) throw error;
    await client.query('rollback to savepoint range');
    return null;
  }
}

async function hashesOf(client: pg.Client, from: number, to: number): Promise<Buffer> {
  const { rows } = await client.query<{ hashes: Buffer }>(
    `select string_agg(hash, ''::bytea order by id) as hashes from event_log where id between $1 and $2`,
    [from, to],
  );
  return rows[0]?.hashes ?? Buffer.alloc(0);
}

/** Names the first event of a range that does not hold. */
async function lookClosely(client: pg.Client, from: number, to: number): Promise<Break | null> {
  let previous = await hashOf(client, from - 1);
  for (let start = from; start <= to; start += CLOSE_ROWS) {
    const end = Math.min(start + CLOSE_ROWS - 1, to);
    const { rows } = await client.query<LogRow>(CLOSE, [start, end]);
    for (let i = 0, id = start; id <= end; i += 1, id += 1) {
      const row = rows[i];
      if (row?.id !== id) return { event_id: id, reason: 'the event is missing' };
      const fault = faultOf({ ...row, occurred_at: timestampOfPostgres(row.occurred_at) }, previous);
      if (fault !== null) return { event_id: id, reason: fault };
      previous = row.hash.toString('hex');
    }
  }
  return null;
}

async function hashOf(client: pg.Client, id: number): Promise<string | null> {
  const { rows } = await client.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from event_log where id = $1`,
    [id],
  );
  return rows[0]?.hash ?? null;
}

/** What is wrong between the head and the events, which all hold themselves. */
async function headBreak(
  client: pg.Client,
  head: HeadRow,
  last: number,
  tree: CompactRange | null,
): Promise<Break | null> {
  const { rows } = await client.query<{ id: number | null }>('select max(id) as id from event_log');
  const lastId = rows[0]?.id ?? 0;
  if (lastId > head.id) return { event_id: head.id + 1, reason: 'the event lies behind the head of the log' };
  if (last < head.id) return null;
  if (head.hash !== (await hashOf(client, head.id)))
    return { event_id: head.id, reason: "the head's hash is not that of the last event" };
  return tree === null || tree.toBytes().equals(head.range)
    ? null
    : { event_id: head.id, reason: "the head's Merkle range is not that of the events" };
}
