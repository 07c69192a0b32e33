import type { TraceEvent, TraceUsage } from './trace-format.js';

/** How a call that was started comes to its end: as the trace says, or never. */
export type Ending = 'success' | 'failed' | 'never';

interface StepBase {
  readonly seq: number;
  readonly atMs: number;
  readonly notes: TraceEvent['notes'];
}

/** One command of one agent. `opens` is the `seq` of the start that a completion belongs to. */
export type Step =
  | (StepBase & { readonly kind: 'start'; readonly holdNano?: bigint; readonly usage?: TraceUsage })
  | (StepBase & {
      readonly kind: 'complete';
      readonly opens: number;
      readonly ending: Ending;
      readonly costNano: bigint;
      readonly usage?: TraceUsage;
    })
  | (StepBase & { readonly kind: 'charge'; readonly costNano: bigint; readonly usage?: TraceUsage });

/** What one user's agent is to do, strictly in this order. */
export interface Lane {
  readonly user: string;
  readonly steps: readonly Step[];
}

export interface PlanTotals {
  starts: number;
  /** Calls that ended and were billed, those of cost 0 included. */
  paidCalls: number;
  freeCalls: number;
  charges: number;
  exceptions: number;
  neverEnded: number;
  /** Exceptions of users with no open start: there is nothing to complete. */
  exceptionsWithoutStart: number;
  /** Starts within the limit whose end lies beyond it; they are left to a run with a larger limit. */
  startsCutByLimit: number;
  costNano: bigint;
}

export interface Plan {
  readonly lanes: readonly Lane[];
  readonly totals: PlanTotals;
  /** Times of the first and last event, to play at a multiple of real time. */
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Pairing {
  /** The start of each end or failure that has one, by `seq`. */
  readonly startOf: ReadonlyMap<number, number>;
  /** The end or failure of each start that has one, by `seq`. */
  readonly endOf: ReadonlyMap<number, number>;
}

/**
 * Turns a trace's events into commands: an end or failure belongs to its user's latest open start, an end without one
 * is a charge after the fact, and what never ends is completed as failed when the trace is over.
 *
 * With a limit the pairs are those of the whole trace, and a call is played when both its rows lie within the limit:
 * so a run of the first rows and a later run of more rows agree on every command.
 * @param limit number of the last row that is played
 */
export function planTrace(events: readonly TraceEvent[], limit = Number.POSITIVE_INFINITY): Plan {
  const pairing = pair(events);
  const played = events.filter((event) => event.seq <= limit);
  const lastMs = played.at(-1)?.atMs ?? 0;
  const steps = new Map<string, Step[]>();
  const unended = new Map<string, Step[]>();
  for (const event of played) {
    const step = stepOf(event, pairing, limit);
    if (step === null) continue;
    append(steps, event.user, step);
    if (step.kind !== 'start' || pairing.endOf.has(step.seq)) continue;
    const { seq, notes } = step;
    append(unended, event.user, {
      kind: 'complete',
      seq,
      atMs: lastMs,
      notes,
      opens: seq,
      ending: 'never',
      costNano: 0n,
    });
  }
  const lanes = [...steps].map(([user, own]) => ({ user, steps: [...own, ...(unended.get(user) ?? [])] }));
  return { lanes, totals: totalsOf(lanes, played), firstMs: played[0]?.atMs ?? 0, lastMs };
}

function stepOf(event: TraceEvent, pairing: Pairing, limit: number): Step | null {
  const { seq, atMs, notes } = event;
  if (event.kind === 'start') {
    if ((pairing.endOf.get(seq) ?? seq) > limit) return null;
    const { usage } = event;
    const start = { kind: 'start', seq, atMs, notes, ...(usage ? { usage } : {}) } as const;
    return event.holdNano === undefined ? start : { ...start, holdNano: event.holdNano };
  }
  const opens = pairing.startOf.get(seq);
  if (event.kind === 'failure') {
    return opens === undefined ? null : { kind: 'complete', seq, atMs, notes, opens, ending: 'failed', costNano: 0n };
  }
  const { costNano, usage } = event;
  const paid = { seq, atMs, notes, costNano, ...(usage ? { usage } : {}) };
  if (opens === undefined) return { kind: 'charge', ...paid };
  return { kind: 'complete', opens, ending: 'success', ...paid };
}

function totalsOf(lanes: readonly Lane[], played: readonly TraceEvent[]): PlanTotals {
  const steps = lanes.flatMap((lane) => lane.steps);
  const ended = (ending: Ending): number => count(steps, (step) => step.kind === 'complete' && step.ending === ending);
  const starts = count(steps, (step) => step.kind === 'start');
  const calls = played.filter((event) => event.kind === 'end');
  return {
    starts,
    paidCalls: calls.length,
    freeCalls: count(calls, (call) => call.costNano === 0n),
    charges: count(steps, (step) => step.kind === 'charge'),
    exceptions: ended('failed'),
    neverEnded: ended('never'),
    exceptionsWithoutStart: count(played, (event) => event.kind === 'failure') - ended('failed'),
    startsCutByLimit: count(played, (event) => event.kind === 'start') - starts,
    costNano: calls.reduce((sum, call) => sum + call.costNano, 0n),
  };
}

function count<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.filter(test).length;
}

function pair(events: readonly TraceEvent[]): Pairing {
  const open = new Map<string, number[]>();
  const startOf = new Map<number, number>();
  const endOf = new Map<number, number>();
  for (const event of events) {
    if (event.kind === 'start') {
      append(open, event.user, event.seq);
      continue;
    }
    const start = open.get(event.user)?.pop();
    if (start === undefined) continue;
    startOf.set(event.seq, start);
    endOf.set(start, event.seq);
  }
  return { startOf, endOf };
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
