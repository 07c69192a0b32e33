import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { canonicalJson } from '../../src/event-log/canonical.js';
import { DetectorEngine } from '../../src/organs/immune/detection/engine.js';
import { factsOf } from '../../src/organs/immune/detection/fact-reader.js';
import type { Finding } from '../../src/organs/immune/detection/finding.js';
import { eventsAfter } from '../../src/organs/immune/event-reader.js';

/** Longest wait for detectors, in ms. */
const WAIT_MS = 30_000;

/** Waits until something holds. @throws Error when it does not in time */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await pause(20)) if (await holds()) return;
  throw new Error(`it did not come to it in time: ${what}`);
}

/** Waits until every event of the log is judged, those included that record what was found. */
export function untilJudged(client: pg.Client): Promise<void> {
  return until('all is judged', async () => {
    const { rows } = await client.query<{ is_done: boolean }>(
      'select judged_event_id = event_id as is_done from immune_progress, log_head',
    );
    return rows[0]?.is_done === true;
  });
}

/** Waits until nothing happens by itself any more - no action is open that would expire - and all that did is judged. */
export async function untilQuiet(client: pg.Client): Promise<void> {
  await until('no action is open', async () => {
    const { rows } = await client.query<{ open: number }>(
      `select count(*)::int as open from holds where status = 'authorized'`,
    );
    return rows[0]?.open === 0;
  });
  await untilJudged(client);
}

/** A finding as the log has it. */
export interface RecordedFinding {
  readonly eventId: number;
  readonly causedBy: number | null;
  readonly finding: Finding;
}

/** The findings that the log has, in its order. */
export async function recordedFindings(client: pg.Client): Promise<RecordedFinding[]> {
  const { rows } = await client.query<{ id: number; body: string }>(
    `select id, body from event_log where type = 'immune.finding' and outcome = 'succeeded' order by id`,
  );
  return rows.map(({ id, body }) => {
    const { payload, caused_by: causedBy } = JSON.parse(body) as { payload: Finding; caused_by: number | null };
    return { eventId: id, causedBy, finding: payload };
  });
}

/** Folds the log from its first event, here; answers what is found, in the order of the events that set it off. */
export async function foldedFindings(client: pg.Client): Promise<Finding[]> {
  const engine = new DetectorEngine();
  const found: Finding[] = [];
  for (let after = 0; ;) {
    const events = await eventsAfter(client, after, null);
    const last = events.at(-1);
    if (!last) return found;
    after = last.id;
    for (const event of events) for (const fact of factsOf(event)) found.push(...engine.next(fact));
  }
}

/** Findings as canonical texts, in the order of the events that set them off: what the log and its fold must agree on. */
export function inOrderOfEvidence(findings: readonly Finding[]): string[] {
  return findings
    .toSorted((a, b) => (a.evidence.at(-1) ?? 0) - (b.evidence.at(-1) ?? 0) || (a.id < b.id ? -1 : 1))
    .map((finding) => canonicalJson({ ...finding }));
}
