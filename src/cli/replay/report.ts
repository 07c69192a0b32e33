import { decimalOfNano } from '../../platform/decimal.js';
import type { Verification } from '../substrate-answers.js';
import type { PlanTotals } from './plan.js';
import type { RunEnd } from './runner.js';
import { type AgentTally, type Counts, type Tally, UNCLEAN } from './tally.js';
import type { Trace } from './trace-reader.js';

/** What a finished replay knows; amounts are exact decimals as text. */
export interface Report {
  readonly trace: { readonly file: string; readonly format: string; readonly sha256: string; readonly rows: number };
  readonly substrate: string;
  readonly unit: string;
  readonly plan: Omit<PlanTotals, 'costNano'> & { readonly cost: string };
  readonly counts: Counts;
  readonly refusals: Readonly<Record<string, number>>;
  readonly agents: readonly AgentReport[];
  /** Dollars of priced usage in the ledger by model, of all agents there are; null when that was not read. */
  readonly models: readonly ModelReport[] | null;
  /** Real cost that was booked, and recorded cost that was not. */
  readonly booked: string;
  readonly missed: string;
  readonly seconds: number;
  readonly commandsPerSecond: number;
  readonly ledger: LedgerReport | null;
  readonly verification: Verification | null;
  /** Why there is no verification, where there is none. */
  readonly unverified: string | null;
  readonly stopped: boolean;
  readonly problem: string | null;
  readonly remarks: readonly string[];
  readonly ok: boolean;
}

export interface AgentReport {
  readonly agentId: string;
  readonly counts: Counts;
  readonly booked: string;
  /** What the ledger holds for the agent in all; null when it was not read. */
  readonly ledger: string | null;
}

export interface ModelReport {
  readonly model: string;
  readonly ledger: string;
}

/** The ledger's total for the trace's agents beside the file's own sum. */
export interface LedgerReport {
  readonly total: string;
  readonly file: string;
  /** Total less file; `0` when they agree. */
  readonly difference: string;
}

export interface Findings {
  readonly trace: Trace;
  readonly substrate: string;
  readonly totals: PlanTotals;
  readonly tally: Tally;
  readonly end: RunEnd;
  readonly seconds: number;
  readonly ledger: ReadonlyMap<string, bigint> | null;
  readonly models: ReadonlyMap<string, bigint> | null;
  readonly verification: Verification | null;
  readonly unverified: string | null;
}

/** Puts together what a run found; `ok` means all was accepted, to the end, and the log verified. */
export function makeReport(findings: Findings): Report {
  const { trace, totals, tally, end, seconds, ledger, verification } = findings;
  const { costNano: recordedNano, ...planCounts } = totals;
  // What usage costs the file does not say: then the answers do.
  const costNano = trace.format.priced ? sum([...tally.agents.values()], (agent) => agent.bookedNano) : recordedNano;
  const agents = [...tally.agents.values()].sort((a, b) => a.agentId.localeCompare(b.agentId));
  const counts = tally.counts();
  const clean = UNCLEAN.every((outcome) => counts[outcome] === 0);
  return {
    trace: { file: trace.path, format: trace.format.name, sha256: trace.sha256, rows: trace.rows },
    substrate: findings.substrate,
    unit: trace.format.unit,
    plan: { ...planCounts, cost: decimalOfNano(costNano) },
    counts,
    refusals: Object.fromEntries(tally.refusals),
    agents: agents.map((agent) => agentReport(agent, ledger)),
    models: findings.models && modelReports(findings.models),
    booked: decimalOfNano(sum(agents, (agent) => agent.bookedNano)),
    missed: decimalOfNano(sum(agents, (agent) => agent.missedNano)),
    seconds: Number(seconds.toFixed(3)),
    commandsPerSecond: seconds > 0 ? Number((counts.commands / seconds).toFixed(1)) : 0,
    ledger: ledger === null ? null : ledgerReport(agents, ledger, costNano),
    verification,
    unverified: findings.unverified,
    stopped: end.stopped,
    problem: end.problem?.message ?? null,
    remarks: tally.remarks,
    ok: clean && !end.stopped && end.problem === null && verification?.valid === true,
  };
}

function agentReport(agent: AgentTally, ledger: ReadonlyMap<string, bigint> | null): AgentReport {
  return {
    agentId: agent.agentId,
    counts: agent.counts,
    booked: decimalOfNano(agent.bookedNano),
    ledger: ledger === null ? null : decimalOfNano(ledger.get(agent.agentId) ?? 0n),
  };
}

function modelReports(models: ReadonlyMap<string, bigint>): ModelReport[] {
  return [...models]
    .map(([model, nano]) => ({ model, ledger: decimalOfNano(nano) }))
    .toSorted((a, b) => a.model.localeCompare(b.model));
}

function ledgerReport(
  agents: readonly AgentTally[],
  ledger: ReadonlyMap<string, bigint>,
  fileNano: bigint,
): LedgerReport {
  const totalNano = sum(agents, (agent) => ledger.get(agent.agentId) ?? 0n);
  return {
    total: decimalOfNano(totalNano),
    file: decimalOfNano(fileNano),
    difference: decimalOfNano(totalNano - fileNano),
  };
}

function sum<T>(items: readonly T[], amount: (item: T) => bigint): bigint {
  return items.reduce((total, item) => total + amount(item), 0n);
}
