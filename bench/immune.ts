import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { Submission } from '../src/event-log/command.js';
import type { BacktestAnswer, BacktestData } from '../src/organs/immune/backtest.worker.js';
import { DEFAULT_POLICIES } from '../src/organs/immune/detection/default-policies.js';
import { DetectorEngine } from '../src/organs/immune/detection/engine.js';
import type { Fact } from '../src/organs/immune/detection/fact.js';
import { createClient } from '../src/platform/database/client.js';
import type { Figure } from './measure.js';
import { action, type SpineBench, type Work } from './spine.js';
import type { Stage } from './stage.js';

/** Between two looks at how far the detectors are behind, in ms. */
const LOOK_MS = 100;
/** Agents whose memories are weighed, and what each has done: two hours at six actions a minute. */
export const AGENTS_WEIGHED = 10_000;
const MINUTES = 120;
const ACTIONS_A_MINUTE = 6;

/** One action without the rows that the synchronous checks of the immune system are judged on. */
export const actUnchecked: Work = (execute, caller) => {
  const command = action(caller);
  const needs = command.needs.filter(({ table }) => !['immune_policies', 'budget_refusals'].includes(table.name));
  return execute(Submission.of({ ...command, needs }));
};

/** The spine at full rate, with the detectors' lag in place of latencies, as `echo_detection_lag_seconds` shows it. */
export async function lagAtFullRate(stage: Stage, spine: SpineBench, seconds: number): Promise<Figure> {
  const client = createClient(stage.postgres.url, 'audit');
  await client.connect();
  const lags: number[] = [];
  let isOver = false;
  const watch = (async (): Promise<void> => {
    while (!isOver) {
      const { rows } = await client.query<{ ms: number }>(
        `select coalesce((select extract(epoch from clock_timestamp() - e.occurred_at) * 1000 from event_log e
           where e.id = (select max(judged_event_id) + 1 from immune_progress)), 0)::float8 as ms`,
      );
      lags.push(rows[0]?.ms ?? 0);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  const { per_second } = await spine.run(64, seconds);
  isOver = true;
  await watch;
  await client.end();
  const sorted = lags.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { per_second, p50_ms: at(0.5), p99_ms: at(1) };
}

/** The back-test of the default policies over the whole log, on its thread, read from the database; in events. */
export async function backtest(stage: Stage): Promise<Figure> {
  const started = performance.now();
  const data: BacktestData = {
    url: stage.postgres.url,
    policies: DEFAULT_POLICIES,
    fromId: 1,
    toId: Number.MAX_SAFE_INTEGER,
  };
  const worker = new Worker(new URL('../src/organs/immune/backtest.worker.js', import.meta.url), { workerData: data });
  const [{ events }] = (await once(worker, 'message')) as [BacktestAnswer];
  await worker.terminate();
  return { per_second: Math.round((events * 1000) / (performance.now() - started)), p50_ms: null, p99_ms: null };
}

/** What the memories of active agents take in this process, in MB, after two hours of each. */
export function weighMemories(): { readonly megabytes: number; readonly perSecond: number } {
  const engine = new DetectorEngine();
  for (const policy of DEFAULT_POLICIES) engine.next({ ...told(0, 0), kind: 'policy', policy });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage();
  const started = performance.now();
  let facts = 0;
  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (let agent = 0; agent < AGENTS_WEIGHED; agent += 1) {
      for (let i = 0; i < ACTIONS_A_MINUTE; i += 1) {
        for (const fact of oneAction(`agent-${agent}`, minute, i, facts)) engine.next(fact);
        facts += 2;
      }
    }
  }
  const seconds = (performance.now() - started) / 1000;
  collect();
  const after = process.memoryUsage();
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  if (engine.size !== AGENTS_WEIGHED) throw new Error('there are other agents than were weighed');
  return { megabytes: Math.round(bytes / 1e6), perSecond: Math.round(facts / seconds) };
}

function oneAction(agentId: string, minute: number, i: number, facts: number): Fact[] {
  const at = minute * 60_000 + i * 9_000 + (facts % 97) * 10;
  const actionId = `${agentId}-${minute}-${i}`;
  const amount = 0.01 + ((facts * 7919) % 1_000) / 10_000;
  const held = [{ unit: 'usd', amount: 0.2 }];
  const begun = { ...told(facts + 1, at), kind: 'authorized', agentId, actionId, actionType: 'x', held } as const;
  const ended = { ...told(facts + 2, at + 3_000), kind: 'ended', agentId, actionId } as const;
  return [
    { ...begun, fingerprint: `f${facts % 5_003}` },
    { ...ended, isSuccess: facts % 50 !== 0, spent: [{ unit: 'usd', amount }] },
  ];
}

function told(eventId: number, at: number): { eventId: number; at: number; occurredAt: string } {
  return { eventId, at, occurredAt: `${new Date(at).toISOString().slice(0, 23)}000Z` };
}
