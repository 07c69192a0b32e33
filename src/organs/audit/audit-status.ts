import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CheckpointRepository } from '../../event-log/anchoring/checkpoint.repository.js';
import { readHistory } from '../../event-log/anchoring/log-history.js';
import { parseNote } from '../../event-log/note/note.js';
import { Spine } from '../../event-log/spine.js';
import { StateReader } from '../../event-log/state-reader.js';
import { cursorKey, pageOf, type Page, type PageQuery } from '../../platform/http/paging.js';
import { EVENT_ID } from '../../platform/http/patterns.js';
import { timestampOfPostgres } from '../../platform/time.js';
import type { AuditStatusDto, FindingDto, LogKeyDto } from './dto/audit-status.dto.js';
import { FINDINGS } from './finding.commands.js';

/** Findings that a status shows; the list has them all. */
const FINDINGS_SHOWN = 50;

/** Reads how the log stands, for auditors. */
@Injectable()
export class AuditStatus {
  constructor(
    private readonly spine: Spine,
    private readonly checkpoints: CheckpointRepository,
    private readonly states: StateReader,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  async status(): Promise<AuditStatusDto> {
    const [[head], newest, sinks, runs, findings, history] = await Promise.all([
      this.database.query<{ id: number; hash: string | null }[]>(
        `select event_id as id, encode(hash, 'hex') as hash from log_head`,
      ),
      this.checkpoints.newest(),
      this.checkpoints.sinks(),
      this.database.query<AuditStatusDto['audits']>(
        'select kind, event_id, finished_at, duration_ms, findings from audit_runs order by kind',
      ),
      this.states.rows(FINDINGS, `cleared_at is null order by event_id limit ${FINDINGS_SHOWN}`),
      readHistory((sql) => this.database.query(sql)),
    ]);
    if (!head || !history) throw new Error('the log has not begun');
    const cosigned = newest && (await this.checkpoints.covering(newest.size));
    return {
      halted: this.spine.haltedBecause,
      origin: history.origin ?? '',
      head,
      checkpoint: newest && {
        size: newest.size,
        signed_at: newest.signedAt,
        cosigned_by: signersOf(cosigned?.note ?? '').filter((name) => name !== history.origin),
      },
      unsigned_events: head.id - (newest?.size ?? 0),
      unaudited_events: head.id - Math.max(0, ...runs.map((run) => run.event_id)),
      sinks: sinks.map(({ name, kind, size, publishedAt, failingSince, failure }) => ({
        name,
        kind,
        size,
        published_at: publishedAt,
        failing_since: failingSince,
        failure,
      })),
      audits: runs.map((run) => ({ ...run, finished_at: timestampOfPostgres(run.finished_at) })),
      findings,
      keys: history.keys.map(({ key, eventId }) => ({ vkey: key.text, event_id: eventId })),
    };
  }

  /** Every key that the log ever had, in order. */
  async keys(): Promise<LogKeyDto[]> {
    const history = await readHistory((sql) => this.database.query(sql));
    return (history?.keys ?? []).map(({ key, eventId }) => ({ vkey: key.text, event_id: eventId }));
  }

  /** Findings, the latest first. */
  async findings(query: PageQuery): Promise<Page<FindingDto>> {
    const before = cursorKey(query.cursor, (key) => EVENT_ID.test(key));
    const where = `($1::bigint is null or event_id < $1) order by event_id desc limit $2`;
    const rows = await this.states.rows(FINDINGS, where, [before, query.limit + 1]);
    return pageOf(
      rows,
      query.limit,
      (row) => String(row.event_id),
      (row) => row,
    );
  }
}

function signersOf(note: string): string[] {
  return [...new Set(parseNote(note)?.signatures.map(({ name }) => name))];
}
