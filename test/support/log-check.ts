import { createClient } from '../../src/platform/database/client.js';
import { CompactRange, eventHash } from '../../src/event-log/chain.js';

/** What a walk over the whole log found, computed here and not by the audit. */
export interface LogWalk {
  readonly events: number;
  /** Event hashes by id, hex. */
  readonly hashes: ReadonlyMap<number, string>;
  readonly bodies: readonly Record<string, unknown>[];
}

/** Walks the log and throws at the first gap, fork or wrong hash, or when the head is not the last event. */
export async function walkLog(databaseUrl: string): Promise<LogWalk> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  try {
    // One snapshot: the server may write on.
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ id: number; hash: Buffer; body: string }>(
      'select id, hash, body from event_log order by id',
    );
    const range = CompactRange.empty();
    const hashes = new Map<number, string>();
    const bodies: Record<string, unknown>[] = [];
    let previous: string | null = null;
    rows.forEach((row, i) => {
      const body = JSON.parse(row.body) as Record<string, unknown>;
      const hash = eventHash(Buffer.from(row.body));
      if (row.id !== i + 1 || body['id'] !== row.id) throw new Error(`event ${row.id} stands at ${i + 1}`);
      if (!hash.equals(row.hash)) throw new Error(`event ${row.id} does not have its hash`);
      if (body['previous_hash'] !== previous) throw new Error(`event ${row.id} does not follow`);
      range.append(hash);
      previous = hash.toString('hex');
      hashes.set(row.id, previous);
      bodies.push(body);
    });
    const head = await client.query<{ event_id: number; hash: Buffer; range: Buffer }>(
      'select event_id, hash, range from log_head',
    );
    const [end] = head.rows;
    if (end?.event_id !== rows.length || end.hash.toString('hex') !== previous)
      throw new Error('the head is not the last event');
    if (!end.range.equals(range.toBytes())) throw new Error("the head's range is not that of the events");
    return { events: rows.length, hashes, bodies };
  } finally {
    await client.end();
  }
}
