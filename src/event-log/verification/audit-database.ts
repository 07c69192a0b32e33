import type pg from 'pg';
import { createClient } from '../../platform/database/client.js';
import type { GovernedTable } from '../table.js';
import { findingOf, type Finding } from './findings.js';
import { Fold, RowDigest } from './fold.js';
import { checkGuards } from './guards.js';
import { checkIndexes } from './indexes.js';
import { LogWalk, type Anchors } from './log-walk.js';
import { hashesIn, RangeChecker, type CheckedRange } from './range-checker.js';
import type { RangeWorkerData } from './range-worker.js';
import { reconcile } from './reconcile.js';
import { joinSnapshot, openSnapshot } from './snapshot.js';
import { checkSums } from './sums.js';
import { checkTexts, type NamedText } from './texts.js';
import { inOrder, Threads } from './threads.js';

/** Events that are read at a time: some two megabytes, the next ones while these are looked at. */
const EVENTS_AT_ONCE = 2_000;
/** Threads that check events: one for each of two cores, beside the database. */
const THREADS = 2;
/** Events from which on threads pay. */
const EVENTS_FOR_THREADS = 50_000;
/** Findings that are told; where there are more, the first ones do. */
const FINDINGS_MAX = 100;

/** How far an audit is. */
export interface AuditProgress {
  readonly part: 'events' | 'rows';
  readonly done: number;
  readonly total: number;
}

/** What to audit a database against. */
export interface DatabaseAuditOptions {
  readonly tables: readonly GovernedTable<object>[];
  readonly anchors: Anchors;
  readonly onProgress?: (progress: AuditProgress) => void;
}

/** What an audit of a database found. */
export interface DatabaseAudit {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  /** The log as it was walked. */
  readonly walk: LogWalk;
  /** Rows of derived tables that were compared. */
  readonly rows: number;
}

/**
 * Audits a whole database in one snapshot, while others write: each event by itself, its copied columns, the chain, the tree,
 * the anchors and the head; then each row of the derived tables against the log; then what the database does against changes, and
 * its indexes. Hashes are computed here, not by the database. Needs no more than the right to read.
 */
export async function auditDatabase(databaseUrl: string, options: DatabaseAuditOptions): Promise<DatabaseAudit> {
  const [log, side] = [createClient(databaseUrl, 'audit'), createClient(databaseUrl, 'audit')];
  const names = options.tables.map(({ name }) => name);
  try {
    await Promise.all([log.connect(), side.connect()]);
    const snapshot = await openSnapshot(log);
    await joinSnapshot(side, snapshot);
    const walk = new LogWalk(options.anchors);
    const digest = new RowDigest();
    const fold = new Fold(options.tables, digest);
    const texts: Texts = { named: new Map(), erased: new Set() };
    const source = { url: databaseUrl, snapshot, salt: digest.salt };
    const [ofLog, [guards, ofIndexes, ofSums]] = await Promise.all([
      walkLog(log, source, walk, fold, texts, options),
      checkGuards(side, names).then(
        async (report) =>
          [
            report,
            await checkIndexes(side, ['event_log', ...names]),
            await checkSums(side, options.tables, FINDINGS_MAX),
          ] as const,
      ),
    ]);
    let rows = 0;
    // Of a log that does not hold nothing follows for the tables.
    const ofRows =
      ofLog === null
        ? await reconcile({
            client: log,
            side,
            source,
            tables: options.tables,
            fold,
            findingsMax: FINDINGS_MAX,
            onRows: (more) => options.onProgress?.({ part: 'rows', done: (rows += more), total: 0 }),
          })
        : [];
    const none = { findings: [], warnings: [] };
    const ofTexts = ofLog === null ? await checkTexts(side, texts.named, texts.erased) : none;
    const findings = [
      ...(ofLog ? [ofLog] : []),
      ...ofRows,
      ...ofSums,
      ...ofTexts.findings,
      ...guards.findings,
      ...ofIndexes,
    ];
    return { findings, warnings: [...guards.warnings, ...ofTexts.warnings], walk, rows };
  } finally {
    await Promise.all([log, side].map((client) => client.end().catch(() => undefined)));
  }
}

/** What the log says of the texts that are kept beside it. */
interface Texts {
  readonly named: Map<string, NamedText>;
  readonly erased: Set<string>;
}

/** Walks the whole log; answers what does not hold first. */
async function walkLog(
  client: pg.Client,
  source: RangeWorkerData,
  walk: LogWalk,
  fold: Fold,
  texts: Texts,
  { onProgress }: DatabaseAuditOptions,
): Promise<Finding | null> {
  const { rows } = await client.query<{ first: number | null; last: number | null; nowhere: boolean }>(
    'select min(id) as first, max(id) as last, exists (select from event_log where id is null) as nowhere from event_log',
  );
  const [first, last] = [rows[0]?.first ?? 1, rows[0]?.last ?? 0];
  if (first < 1) return { kind: 'misplaced', event_id: first, reason: 'the log begins with event 1' };
  if (rows[0]?.nowhere === true) return { kind: 'misplaced', event_id: last + 1, reason: 'an event has no place' };
  for await (const range of checkedRanges(client, source, last)) {
    const finding = take(range, walk, fold);
    for (const text of range.texts) texts.named.set(text.id, text);
    for (const id of range.erased) texts.erased.add(id);
    if (finding) return finding;
    onProgress?.({ part: 'events', done: walk.size, total: last });
  }
  const tampering = walk.end();
  return tampering ? findingOf(tampering) : headFinding(client, walk);
}

/** Takes in a range that was checked; answers what does not hold first. */
function take(range: CheckedRange, walk: LogWalk, fold: Fold): Finding | null {
  const substrate = new Map(range.substrate.map((event) => [event.id, event]));
  for (const hash of hashesIn(range)) {
    const tampering = walk.advance(hash, substrate.get(walk.size + 1) ?? null);
    if (tampering) return findingOf(tampering);
  }
  if (range.tampering) return findingOf(walk.stop(range.tampering));
  for (const effect of range.effects) {
    const reason = fold.apply(effect);
    if (reason !== null) return { kind: 'unfit_effect', event_id: effect.eventId, reason };
  }
  return null;
}

/** The ranges of the log in order, checked: of a long log by threads of their own. */
async function* checkedRanges(client: pg.Client, source: RangeWorkerData, last: number): AsyncGenerator<CheckedRange> {
  const file = new URL('./range-worker.js', import.meta.url);
  const threads = last < EVENTS_FOR_THREADS ? null : await Threads.start<CheckedRange>(file, source, THREADS);
  try {
    // On this thread one at a time: it has one connection.
    const ahead = threads ? 2 * THREADS + 1 : 1;
    const ranges = { first: 1, last, step: EVENTS_AT_ONCE, ahead };
    yield* inOrder(threads ?? new RangeChecker(client, source.salt), ranges);
  } finally {
    await threads?.close();
  }
}

async function headFinding(client: pg.Client, walk: LogWalk): Promise<Finding | null> {
  const { rows } = await client.query<{ single: boolean; id: number; hash: string | null; range: Buffer }>(
    `select singleton as single, event_id as id, encode(hash, 'hex') as hash, coalesce(range, '') as range from log_head`,
  );
  const finding = (reason: string): Finding => ({ kind: 'head_reset', event_id: walk.size, reason });
  const [head] = rows;
  if (!head?.single || rows.length > 1) return finding('the log has no head');
  if (head.id !== walk.size) return finding(`the head says ${head.id} events, and the log has ${walk.size}`);
  if (head.hash !== walk.head) return finding("the head's hash is not that of the last event");
  return head.range.equals(walk.range) ? null : finding("the head's Merkle range is not that of the events");
}
