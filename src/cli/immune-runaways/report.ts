import { compactTable } from '../compact-table.js';
import { terminal } from '../terminal.js';
import type { Runaway } from './runaways.js';
import { TARGET_SECONDS, type Isolated, type Trial } from './trial.js';

/** What came out of a trace as it is. */
export interface Untouched {
  readonly trace: string;
  readonly facts: number;
  readonly agents: number;
  readonly isolated: readonly Isolated[];
}

/** What came out of the trials of one runaway in one trace. */
export interface Outcome {
  readonly trace: string;
  readonly runaway: Runaway;
  readonly trials: number;
  /** Found within the target. */
  readonly found: number;
  /** Seconds until it was found, of those that were found at all. */
  readonly medianSeconds: number | null;
  readonly maxSeconds: number | null;
  /** Agents that were isolated and should not have been, of all that were there in all trials. */
  readonly falseIsolations: number;
  readonly falseShare: number;
  readonly by: readonly string[];
}

/** Everything that the command reports. */
export interface LabReport {
  readonly untouched: readonly Untouched[];
  readonly outcomes: readonly Outcome[];
  readonly trials: readonly (Trial & { readonly trace: string })[];
  readonly ok: boolean;
}

/** Sums up the trials of one runaway in one trace. */
export function outcomeOf(trace: string, runaway: Runaway, trials: readonly Trial[], agents: number): Outcome {
  const times = trials.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])).toSorted((a, b) => a - b);
  const falseIsolations = trials.reduce((sum, { isFalse }) => sum + isFalse.length, 0);
  return {
    trace,
    runaway,
    trials: trials.length,
    found: times.filter((seconds) => seconds < TARGET_SECONDS).length,
    medianSeconds: times[Math.floor((times.length - 1) / 2)] ?? null,
    maxSeconds: times.at(-1) ?? null,
    falseIsolations,
    falseShare: trials.length === 0 ? 0 : falseIsolations / (trials.length * agents),
    by: [...new Set(trials.flatMap(({ policyId }) => (policyId === null ? [] : [policyId])))].toSorted(),
  };
}

/** Whether nobody is isolated wrongly and every runaway is found in time. */
export function isReached(untouched: readonly Untouched[], outcomes: readonly Outcome[]): boolean {
  return (
    untouched.every(({ isolated }) => isolated.length === 0) &&
    outcomes.every(({ found, trials, falseIsolations }) => found === trials && falseIsolations === 0 && trials > 0)
  );
}

/** Prints the report as tables. */
export function printReport({ untouched, outcomes }: LabReport): void {
  const whole = compactTable(['trace as it is', 'facts', 'agents', 'isolated'], [0]);
  for (const { trace, facts, agents, isolated } of untouched) whole.push([trace, facts, agents, isolated.length]);
  terminal.out(whole.toString());
  for (const { isolated } of untouched) for (const each of isolated) terminal.out(inWords(each));
  const head = [
    'trace',
    'runaway',
    'trials',
    `found < ${TARGET_SECONDS} s`,
    'median s',
    'max s',
    'isolated wrongly',
    'by',
  ];
  const table = compactTable(head, [0, 1, 7]);
  for (const each of outcomes) {
    const wrongly = `${each.falseIsolations} (${(each.falseShare * 100).toFixed(2)} %)`;
    const [median, max] = [each.medianSeconds, each.maxSeconds].map((seconds) => seconds?.toFixed(1) ?? '-');
    const by = each.by.join(', ');
    table.push([each.trace, each.runaway, each.trials, each.found, median, max, wrongly, by]);
  }
  terminal.out(table.toString());
}

function inWords({ agentId, at, finding }: Isolated): string {
  return `${agentId}, ${new Date(at).toISOString()}: ${finding.policy_id}: ${finding.reason}`;
}
