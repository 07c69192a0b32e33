import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { signedCheckpoint } from '../../event-log/anchoring/file-sink.js';
import { CheckpointRepository } from '../../event-log/anchoring/checkpoint.repository.js';
import { CheckpointSigner } from '../../event-log/anchoring/checkpoint-signer.js';
import { BookkeepingRepository, type AuditRunKind } from '../../event-log/bookkeeping.repository.js';
import { Submission, type Command } from '../../event-log/command.js';
import { Spine } from '../../event-log/spine.js';
import { derivedTables } from '../../event-log/table.js';
import {
  auditIncrement,
  BEGINNING,
  type GoodPoint,
  type Increment,
} from '../../event-log/verification/audit-increment.js';
import type { Finding } from '../../event-log/verification/findings.js';
import type { Anchors } from '../../event-log/verification/log-walk.js';
import { Config } from '../../platform/config/config.js';
import { createClient } from '../../platform/database/client.js';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { every, type Repeated } from '../../platform/every.js';
import { clearCommand, findingCommand, findingId } from './finding.commands.js';

/** How often a replica looks whether an audit is due, in ms. */
const LOOK_MS = 1_000;
/** Key of the advisory lock of the replica that audits. */
const AUDIT_LOCK = 1_763_900_011;
/** Checkpoints that a whole audit compares the log with, the newest ones. */
const CHECKPOINTS_MAX = 200;
/** The thread of a whole audit, beside the build's other top-level files. */
const FULL_AUDIT = new URL('../../full-audit.js', import.meta.url);

interface FullAudit {
  readonly findings: readonly Finding[];
  readonly eventId: number;
  readonly hash: string | null;
  readonly range: Uint8Array;
}

/**
 * Audits the substrate itself, on one replica at a time: what is new each minute, everything once a day on a thread of its
 * own. What does not hold becomes an event, moves the state to `alert` and shows in health and metrics.
 */
@Injectable()
export class SelfAuditJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('audit');
  private loop: Repeated | null = null;
  private worker: Worker | null = null;

  constructor(
    private readonly config: Config,
    private readonly url: DatabaseUrl,
    private readonly spine: Spine,
    private readonly signer: CheckpointSigner,
    private readonly checkpoints: CheckpointRepository,
    private readonly bookkeeping: BookkeepingRepository,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      LOOK_MS,
      () => this.look(),
      (error) => this.logger.warn({ err: error }, 'the audit waits for the next round'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.worker?.terminate();
    await this.loop?.stop();
  }

  private async look(): Promise<void> {
    const due = await this.due();
    if (due === null) return;
    const lock = createClient(this.url.url, 'job');
    await lock.connect();
    try {
      const { rows } = await lock.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [AUDIT_LOCK]);
      // Whoever had the lock a moment ago may have done it.
      if (rows[0]?.held !== true || (await this.due()) !== due) return;
      await (due === 'full' ? this.full() : this.incremental());
    } finally {
      await lock.end();
    }
  }

  private async due(): Promise<AuditRunKind | null> {
    // What was never audited is as old as the log.
    const [age] = await this.database.query<Record<AuditRunKind, number>[]>(
      `select extract(epoch from clock_timestamp() - coalesce(max(finished_at) filter (where kind = 'full'), min(began)))::float8 as full,
              extract(epoch from clock_timestamp() - coalesce(max(finished_at), min(began)))::float8 as incremental
       from (select occurred_at as began from event_log where id = 1) log left join audit_runs on true`,
    );
    if (!age) return null;
    if (age.full >= this.config.fullAuditSeconds) return 'full';
    return age.incremental >= this.config.selfAuditSeconds ? 'incremental' : null;
  }

  private async incremental(): Promise<void> {
    const started = performance.now();
    const { findings, good } = await auditIncrement(this.url.url, await this.goodPoint(), derivedTables());
    for (const finding of findings) await this.record(findingCommand(finding));
    await this.done('incremental', started, { findings, good });
  }

  private async full(): Promise<void> {
    const started = performance.now();
    const { findings, eventId, hash, range } = await this.runFull();
    for (const finding of findings) await this.record(findingCommand(finding));
    const standing = new Set(findings.map(findingId));
    const open = await this.database.query<{ id: string }[]>('select id from audit_findings where cleared_at is null');
    for (const { id } of open) if (!standing.has(id)) await this.record(clearCommand(id));
    const good = { eventId, hash: hash === null ? null : Buffer.from(hash, 'hex'), range: Buffer.from(range) };
    await this.done('full', started, { findings, good });
    if (findings.length === 0) await this.bookkeeping.noteAudit('incremental', good, 0, 0);
  }

  private async runFull(): Promise<FullAudit> {
    const worker = new Worker(FULL_AUDIT, { workerData: { url: this.url.url, anchors: await this.anchors() } });
    this.worker = worker;
    try {
      // A stop ends the thread before it has answered.
      const ended = once(worker, 'exit').then(() => {
        throw new Error('the whole audit was ended');
      });
      ended.catch(() => undefined);
      const [answer] = (await Promise.race([once(worker, 'message'), ended])) as [FullAudit];
      return answer;
    } finally {
      this.worker = null;
      await worker.terminate();
    }
  }

  private async anchors(): Promise<Anchors> {
    const { history } = await this.signer.read();
    const keys = history.keys.map(({ key }) => key);
    const kept = await this.checkpoints.last(CHECKPOINTS_MAX);
    const checkpoints = kept.flatMap(({ note, size }) => {
      const checkpoint = signedCheckpoint(note, keys);
      return checkpoint ? [{ name: `the checkpoint of ${size}`, ...checkpoint }] : [];
    });
    return { checkpoints, receipts: [], vkeys: keys.map(({ text }) => text) };
  }

  private async goodPoint(): Promise<GoodPoint> {
    const [row] = await this.database.query<{ event_id: number; hash: Buffer | null; range: Buffer }[]>(
      `select event_id, hash, range from audit_runs where kind = 'incremental'`,
    );
    return row ? { eventId: row.event_id, hash: row.hash, range: row.range } : BEGINNING;
  }

  private async done(kind: AuditRunKind, started: number, { findings, good }: Increment): Promise<void> {
    await this.bookkeeping.noteAudit(kind, good, Math.round(performance.now() - started), findings.length);
    for (const finding of findings) this.logger.error({ finding }, 'the audit found what does not hold');
  }

  private async record(command: Command): Promise<void> {
    await this.spine.execute({
      submission: Submission.of(command),
      caller: { kind: 'system', id: 'audit' },
      requestId: uuidv7(),
      instance: 'audit',
    });
  }
}
