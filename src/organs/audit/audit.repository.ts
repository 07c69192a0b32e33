import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BrokenPromiseError, WrongKeyError } from '../../event-log/anchoring/anchoring.errors.js';
import { CheckpointRepository, type StoredCheckpoint } from '../../event-log/anchoring/checkpoint.repository.js';
import { CheckpointSigner } from '../../event-log/anchoring/checkpoint-signer.js';
import { TileReader } from '../../event-log/merkle/tile-reader.js';
import { consistencyProof, inclusionProof, treeRoot } from '../../event-log/merkle/tree.js';
import { tlogProofText } from '../../event-log/note/tlog-proof.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { EVENT_ID } from '../../platform/http/patterns.js';
import { badSizes, EVENT_NOT_FOUND, emptyRange, noCheckpoint } from './audit.errors.js';
import type { ConsistencyDto, EventDetailDto, EventDto } from './dto/audit-answers.dto.js';
import type { ConsistencyQuery, EventsQuery, RangeQuery } from './dto/audit-requests.dto.js';

/** Events that one statement of an export reads: some half a megabyte. */
const EXPORT_ROWS = 500;

interface StoredRow {
  readonly id: number;
  readonly hash: string;
  readonly body: string;
}

/** Conditions of a list of events by the name of the query's member. */
const CONDITIONS = {
  after_id: 'id > ?',
  type: 'type = ?',
  actor_id: 'actor_id = ?',
  subject_id: 'subject_id = ?',
  outcome: 'outcome = ?',
  from: 'occurred_at >= ?::timestamptz',
  to: 'occurred_at < ?::timestamptz',
} as const satisfies Partial<Record<keyof EventsQuery, string>>;

/** Reads the log. */
@Injectable()
export class AuditRepository {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly signer: CheckpointSigner,
    private readonly checkpoints: CheckpointRepository,
    private readonly tiles: TileReader,
  ) {}

  /** Events by ascending id. */
  async events(query: EventsQuery): Promise<Page<EventDto>> {
    const after = cursorKey(query.cursor, (key) => EVENT_ID.test(key));
    const asked = { ...query, after_id: after ?? query.after_id };
    const values: unknown[] = [];
    const where = Object.entries(CONDITIONS).flatMap(([member, condition]) => {
      const value = asked[member as keyof typeof CONDITIONS];
      if (value === undefined) return [];
      values.push(value);
      return [condition.replace('?', `$${values.length}`)];
    });
    const rows = await this.database.query<StoredRow[]>(
      `select id, encode(hash, 'hex') as hash, body from event_log
       ${where.length > 0 ? `where ${where.join(' and ')}` : ''} order by id limit ${query.limit + 1}`,
      values,
    );
    return pageOf(rows, query.limit, (row) => String(row.id), eventDto);
  }

  /** One event with its body as text. @throws ProblemError 404 */
  async event(id: string): Promise<EventDetailDto> {
    const [row] = await this.database.query<StoredRow[]>(
      `select id, encode(hash, 'hex') as hash, body from event_log where id = $1`,
      [id],
    );
    if (!row) throw new ProblemError(EVENT_NOT_FOUND);
    const kept = await this.database.query<{ member: string; text: string; salt: string | null }[]>(
      'select member, text, salt from event_texts where event_id = $1',
      [id],
    );
    const texts = Object.fromEntries(kept.map(({ member, text }) => [member, text]));
    const salts = Object.fromEntries(kept.flatMap(({ member, salt }) => (salt === null ? [] : [[member, salt]])));
    return {
      ...eventDto(row),
      body: row.body,
      ...(kept.length > 0 ? { texts } : {}),
      ...(Object.keys(salts).length > 0 ? { salts } : {}),
    };
  }

  /** The log as NDJSON up to its present end, read as fast as the client takes it. @throws ProblemError 400 for an empty range */
  async export({ from_id: fromId, to_id: toId }: RangeQuery): Promise<Readable> {
    const { id: last } = await this.head();
    const [from, to] = [Number(fromId ?? 1), Math.min(Number(toId ?? last), last)];
    if (from > to) throw new ProblemError(emptyRange(from, to));
    return Readable.from(this.lines(from, to), { objectMode: false, highWaterMark: 1 });
  }

  /** A signed checkpoint of the log as it is now, with what witnesses said of it so far. @throws ProblemError 503 */
  async checkpoint(): Promise<string> {
    const { size, note } = await this.signed();
    return (await this.checkpoints.covering(size))?.note ?? note;
  }

  /** The newest checkpoint that every sink was told of, with cosignatures. @throws ProblemError 503 */
  async published(): Promise<string> {
    return (await this.checkpoints.newestPublished())?.note ?? (await this.signed()).note;
  }

  /** Proof that an event is in the log, under a checkpoint that covers it (C2SP tlog-proof). @throws ProblemError 404, 503 */
  async receipt(id: string): Promise<string> {
    const eventId = Number(id);
    if (eventId > (await this.head()).id) throw new ProblemError(EVENT_NOT_FOUND);
    const { size, note } = (await this.checkpoints.covering(eventId)) ?? (await this.signed());
    const hashes = await inclusionProof(eventId - 1, size, this.tiles.subtrees);
    return tlogProofText({ index: eventId - 1, hashes, checkpoint: note });
  }

  /** Proof that the log at one size is the beginning of the log at another one. @throws ProblemError 400 */
  async consistency({ from, to }: ConsistencyQuery): Promise<ConsistencyDto> {
    const { id: size } = await this.head();
    const [first, second] = [Number(from), Number(to ?? size)];
    if (first > second || second > size) throw new ProblemError(badSizes(first, second, size));
    const { subtrees } = this.tiles;
    const [proof, ...roots] = await Promise.all([
      consistencyProof(first, second, subtrees),
      treeRoot(first, subtrees),
      treeRoot(second, subtrees),
    ]);
    const [firstRoot = '', secondRoot = ''] = roots.map((root) => root.toString('base64'));
    return {
      first: { size: first, root: firstRoot },
      second: { size: second, root: secondRoot },
      proof: proof.map((hash) => hash.toString('base64')),
    };
  }

  private signed(): Promise<StoredCheckpoint> {
    return this.signer.now().catch((error: unknown) => {
      if (error instanceof BrokenPromiseError || error instanceof WrongKeyError)
        throw new ProblemError(noCheckpoint(error.message));
      throw error;
    });
  }

  private async head(): Promise<{ id: number }> {
    const [head] = await this.database.query<{ id: number }[]>('select event_id as id from log_head');
    if (!head) throw new Error('the log has no head');
    return head;
  }

  private async *lines(from: number, to: number): AsyncGenerator<string> {
    for (let start = from; start <= to; start += EXPORT_ROWS) {
      const rows = await this.database.query<StoredRow[]>(
        `select id, encode(hash, 'hex') as hash, body from event_log where id between $1 and $2 order by id`,
        [start, Math.min(start + EXPORT_ROWS - 1, to)],
      );
      yield rows.map(({ id, hash, body }) => `{"id":${id},"hash":"${hash}","body":${JSON.stringify(body)}}\n`).join('');
    }
  }
}

function eventDto({ id, hash, body }: StoredRow): EventDto {
  return { hash, ...(JSON.parse(body) as Omit<EventDto, 'hash'>), id };
}
