import { Submission } from '../src/event-log/command.js';
import { chargeCommand } from '../src/organs/actions/charge.command.js';
import { completeCommand } from '../src/organs/actions/complete.command.js';
import type { CostsQuery } from '../src/organs/metabolism/dto/ledger.dto.js';
import { LedgerRepository } from '../src/organs/metabolism/ledger.repository.js';
import { GROUP_LEVELS_MAX } from '../src/organs/metabolism/scopes.js';
import { createClient } from '../src/platform/database/client.js';
import { timestampOfPostgres } from '../src/platform/time.js';
import { figureOf, type Figure } from './measure.js';
import { action, type SpineBench, type Work } from './spine.js';
import type { BenchAgent, Stage, StageCaller } from './stage.js';

/** Charges of one bulk submission. */
export const CHARGES = 500;
/** Hours that the filled ledger is spread over. */
const HOURS = 24 * 7;
/** A limit that no run uses up. */
const PLENTY = 900_000_000_000;
/** Groups at the lowest level, so that agents share some scopes and not others. */
const TEAMS = 8;

/** Three limits in each of two units, of different kinds of windows. */
const LIMITS = ['usd', 'calls'].flatMap((unit) => [
  { unit, limit: PLENTY, window: 'day', time_zone: 'Europe/Berlin' },
  { unit, limit: PLENTY, window: 'month' },
  { unit, limit: PLENTY, window: 'hour', rolling: true },
]);

/** Puts all agents below six levels of groups, each with three limits in two units. */
export async function deepen(call: StageCaller, agents: readonly BenchAgent[]): Promise<void> {
  let parent: string | undefined;
  const group = async (name: string): Promise<string> => {
    const body = { name, limits: LIMITS, ...(parent === undefined ? {} : { parent_id: parent }) };
    return (await call<{ scope_id: string }>('POST', '/metabolism/scopes', body)).scope_id;
  };
  for (let level = 1; level < GROUP_LEVELS_MAX; level += 1) parent = await group(`level-${level}`);
  const teams: string[] = [];
  for (let i = 0; i < TEAMS; i += 1) teams.push(await group(`team-${i}`));
  for (const [i, { id }] of agents.entries())
    await call('PATCH', `/metabolism/scopes/agent:${id}`, { parent_id: teams[i % TEAMS] });
}

/** Puts all agents back below the substrate. */
export async function flatten(call: StageCaller, agents: readonly BenchAgent[]): Promise<void> {
  for (const { id } of agents) await call('PATCH', `/metabolism/scopes/agent:${id}`, { parent_id: 'substrate' });
}

/** An action that costs money and counts as a call, below thirty-six limits. */
export const actInTwoUnits: Work = (execute, caller) => {
  const amounts = [
    { unit: 'usd', nano: 10_000_000n },
    { unit: 'calls', nano: 1_000_000_000n },
  ];
  return execute(Submission.of(action(caller, { amounts })));
};

/** An action from its hold to its settlement. */
export const holdAndSettle: Work = async (execute, caller) => {
  const held = await execute(Submission.of(action(caller)));
  const { action_id: actionId } = JSON.parse(held.body) as { action_id: string };
  const cost = { amounts: [{ unit: 'usd', nano: 9_000_000n }] };
  return execute(Submission.of(completeCommand({ actionId, agentId: caller.id, status: 'success', cost })));
};

/** One charge after the fact. */
export const chargeOnce: Work = (execute, caller) => execute(Submission.of(charge(caller.id)));

/** Many charges in one transaction, one event each. */
export const chargeInBulk: Work = (execute, caller) => execute(bulk(caller.id));

/** Charges in bulk at moments all over a week. */
export function chargeOverHours(now: number): Work {
  return (execute, caller) => {
    const at = (): string => `${new Date(now - Math.random() * HOURS * 3_600_000).toISOString().slice(0, 23)}000Z`;
    return execute(bulk(caller.id, at));
  };
}

function bulk(agentId: string, at?: () => string): Submission {
  const commands = Array.from({ length: CHARGES }, () => ({ command: charge(agentId, at?.()) }));
  return new Submission(commands, (replies) => {
    return { status: Math.max(...replies.map((reply) => reply.status)), body: replies[0]?.body ?? '' };
  });
}

function charge(agentId: string, occurredAt?: string) {
  const cost = { amounts: [{ unit: 'usd', nano: 1_234_567n }] };
  return chargeCommand({ agentId, costType: 'llm.call', cost, ...(occurredAt ? { occurredAt } : {}) });
}

/** How fast totals by hour are told. */
export async function costsByHour({ app }: SpineBench, seconds: number): Promise<Figure> {
  const ledger = app.get(LedgerRepository);
  const query: CostsQuery = { group_by: 'hour', limit: 200 };
  const reader = { actor: { type: 'user', id: 'bench' }, roles: ['auditor'] } as const;
  const latencies: number[] = [];
  const started = performance.now();
  while (performance.now() - started < seconds * 1000) {
    const at = performance.now();
    const { items } = await ledger.costs(query, reader);
    if (items.length < HOURS) throw new Error(`${items.length} hours have costs`);
    latencies.push(performance.now() - at);
  }
  return figureOf(latencies, (performance.now() - started) / 1000);
}

/** Rows of the ledger, and the database's clock in ms. */
export async function ledgerOf({ postgres }: Stage): Promise<{ readonly rows: number; readonly now: number }> {
  const client = createClient(postgres.url, 'audit');
  await client.connect();
  const { rows } = await client.query<{ rows: number; now: string }>(
    'select (select count(*) from cost_ledger) as rows, clock_timestamp() as now',
  );
  await client.end();
  return { rows: rows[0]?.rows ?? 0, now: Date.parse(timestampOfPostgres(rows[0]?.now ?? '')) };
}
