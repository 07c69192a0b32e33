import type pg from 'pg';
import { HASH_BYTES } from '../chain.js';
import { timestampOfPostgres } from '../../platform/time.js';
import { columnFault, LOG_COLUMNS, type LogRow } from './event-check.rules.js';
import { RowDigest, type DigestedEffect } from './fold.js';
import { inPlace, type Tampering } from './log-walk.js';
import type { SubstrateEvent } from './succession.js';
import { textsErasedBy, textsNamedIn, type NamedText } from './texts.js';

/** What was found of a range of events. */
export interface CheckedRange {
  readonly from: number;
  /** Of the events that hold, one after the other. */
  readonly hashes: Uint8Array;
  readonly effects: readonly DigestedEffect[];
  /** Events that say who may sign the log, by id. */
  readonly substrate: readonly SubstrateEvent[];
  /** Texts beside the log that these events name, and such as they erased. */
  readonly texts: readonly NamedText[];
  readonly erased: readonly string[];
  /** The first event that does not hold. */
  readonly tampering: Tampering | null;
}

/** Checks ranges of the log in a database, each event by itself and against the one before it. */
export class RangeChecker {
  private readonly digest: RowDigest;

  constructor(
    private readonly client: pg.Client,
    salt: string,
  ) {
    this.digest = new RowDigest(salt);
  }

  /** Checks the events from one id to another, both included. The event before is taken as it is: its own range checks it. */
  async check(from: number, to: number): Promise<CheckedRange> {
    const rows = await this.read(from - 1, to);
    const before = rows[0]?.id === from - 1 ? rows.shift() : undefined;
    let previous = before?.hash.toString('hex') ?? null;
    const [hashes, effects, substrate]: [Buffer[], DigestedEffect[], SubstrateEvent[]] = [[], [], []];
    const [texts, erased]: [NamedText[], string[]] = [[], []];
    const done = (tampering: Tampering | null): CheckedRange => {
      return { from, hashes: Buffer.concat(hashes), effects, substrate, texts, erased, tampering };
    };
    for (let id = from; id <= to; id += 1) {
      const row = rows[id - from];
      if (!row) return done({ kind: 'misplaced', event_id: id, reason: 'the event is missing' });
      const { body, tampering } = inPlace(row, id, previous);
      if (tampering) return done(tampering);
      const fault = columnFault(row, body);
      if (fault !== null) return done({ kind: 'edited', event_id: id, reason: fault });
      const changes = this.digest.ofEffects(id, body['effects']);
      if (changes === null) return done({ kind: 'edited', event_id: id, reason: 'its effects are no list of changes' });
      effects.push(...changes);
      texts.push(...textsNamedIn(id, body));
      erased.push(...textsErasedBy(body));
      if (id === 1 || row.type.startsWith('substrate.')) substrate.push(body as unknown as SubstrateEvent);
      hashes.push(row.hash);
      previous = row.hash.toString('hex');
    }
    return done(null);
  }

  private async read(from: number, to: number): Promise<LogRow[]> {
    const { rows } = await this.client.query<LogRow>({
      name: 'check-range',
      text: `select ${LOG_COLUMNS} from event_log where id between $1 and $2 order by id`,
      values: [from, to],
    });
    return rows.map((row) => ({ ...row, occurred_at: timestampOfPostgres(row.occurred_at) }));
  }
}

/** The hashes of a range, one by one. */
export function* hashesIn({ hashes }: CheckedRange): Generator<Buffer> {
  const all = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  for (let at = 0; at < all.length; at += HASH_BYTES) yield all.subarray(at, at + HASH_BYTES);
}
