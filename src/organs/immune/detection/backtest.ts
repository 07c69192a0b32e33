import type { Timestamp } from '../../../platform/time.js';
import { DetectorEngine } from './engine.js';
import type { Fact, Quantity } from './fact.js';
import type { Finding } from './finding.js';
import type { Policy } from './policy.js';

/** An isolation that candidate policies would have made. */
export interface WouldIsolate {
  readonly agentId: string;
  /** Why; its last event of evidence is the moment. */
  readonly finding: Finding;
  readonly from: Timestamp;
  /** When somebody let the agent go again, in the log; null: to its end. */
  readonly until: Timestamp | null;
  /** The event by which the log has the same policy isolate the agent meanwhile; null: it did not happen. */
  readonly recordedEventId: number | null;
  /** What the agent did in the log meanwhile and could not have done. */
  readonly prevented: { readonly authorizations: number; readonly spent: readonly Quantity[] };
}

/** An isolation by a policy that the log has. */
export interface RecordedIsolation {
  readonly agentId: string;
  readonly policyId: string;
  readonly eventId: number;
  readonly at: Timestamp;
}

/** What candidate policies would have done, beside what happened. */
export interface Verdict {
  readonly facts: number;
  /** Findings by policy, those without effect included. */
  readonly findings: Readonly<Record<string, number>>;
  readonly isolations: readonly WouldIsolate[];
  /** Isolations by policies in the log that the candidate would not have made. */
  readonly notIsolated: readonly RecordedIsolation[];
  /** Whether the candidate does exactly what the log has. */
  readonly isAsRecorded: boolean;
}

interface Case {
  readonly agentId: string;
  readonly finding: Finding;
  readonly from: Timestamp;
  until: Timestamp | null;
  recordedEventId: number | null;
  authorizations: number;
  readonly spent: Map<string, number>;
  /** Actions that would not have been begun and have not ended. */
  readonly actions: Set<string>;
}

/**
 * Folds a log with candidate policies in place of its own. What the log has stays as it is: an agent that would have been
 * isolated goes on in it, and what it did is counted as prevented until the log has somebody let it go.
 */
export class Backtest {
  private readonly engine = new DetectorEngine();
  private readonly findings = new Map<string, number>();
  private readonly cases: Case[] = [];
  private readonly open = new Map<string, Case>();
  private readonly notIsolated: RecordedIsolation[] = [];
  /** Ids of the findings that the log has. */
  private readonly recorded = new Set<string>();
  private facts = 0;

  /** @param candidate null: the policies of the log */
  constructor(private readonly candidate: readonly Policy[] | null) {
    for (const policy of candidate ?? []) {
      this.engine.next({ kind: 'policy', policy, eventId: 0, at: 0, occurredAt: '' });
    }
  }

  /** Takes in a fact of before the trial, that counts for nothing but who is there, in what standing. */
  prepare(fact: Fact): void {
    if (fact.kind !== 'policy' || !this.candidate) this.engine.next(fact);
  }

  /** Folds the next fact of the log. */
  next(fact: Fact): void {
    this.facts += 1;
    if (fact.kind === 'policy' && this.candidate) return;
    if (fact.kind === 'standing') this.compare(fact);
    if (fact.kind === 'found') this.recorded.add(fact.findingId);
    this.count(fact);
    for (const finding of this.engine.next(fact)) {
      this.findings.set(finding.policy_id, (this.findings.get(finding.policy_id) ?? 0) + 1);
      if (finding.mode === 'on' && (finding.answer === 'quarantine' || finding.answer === 'terminate')) {
        this.isolate(finding, fact.occurredAt);
      }
    }
  }

  /** What has come out so far. */
  verdict(): Verdict {
    const isolations = this.cases.map(({ agentId, finding, from, until, recordedEventId, authorizations, spent }) => ({
      agentId,
      finding,
      from,
      until,
      recordedEventId,
      prevented: { authorizations, spent: [...spent].map(([unit, amount]) => ({ unit, amount })) },
    }));
    // Where the log has the finding and not its isolation, the agent was isolated before the finding was recorded.
    const isAsRecorded =
      this.notIsolated.length === 0 &&
      isolations.every((each) => each.recordedEventId !== null || this.recorded.has(each.finding.id));
    return {
      facts: this.facts,
      findings: Object.fromEntries([...this.findings].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      isolations,
      notIsolated: [...this.notIsolated],
      isAsRecorded,
    };
  }

  private isolate(finding: Finding, from: Timestamp): void {
    const { agent_id: agentId } = finding;
    if (this.open.has(agentId)) return;
    const opened: Case = {
      agentId,
      finding,
      from,
      until: null,
      recordedEventId: null,
      authorizations: 0,
      spent: new Map(),
      actions: new Set(),
    };
    this.cases.push(opened);
    this.open.set(agentId, opened);
  }

  private compare({ agentId, status, policyId, eventId, occurredAt }: Fact & { readonly kind: 'standing' }): void {
    const open = this.open.get(agentId);
    if (status === 'active') {
      if (open) open.until = occurredAt;
      this.open.delete(agentId);
      return;
    }
    if (policyId === null) return;
    if (open?.finding.policy_id === policyId && open.recordedEventId === null) open.recordedEventId = eventId;
    else if (!open) this.notIsolated.push({ agentId, policyId, eventId, at: occurredAt });
  }

  private count(fact: Fact): void {
    const open = 'agentId' in fact ? this.open.get(fact.agentId) : undefined;
    if (!open) return;
    switch (fact.kind) {
      case 'authorized':
        open.authorizations += 1;
        open.actions.add(fact.actionId);
        return;
      case 'ended':
        if (open.actions.delete(fact.actionId)) add(open.spent, fact.spent);
        return;
      case 'charged':
        // What belongs to an action that was begun before is booked for an isolated agent as well.
        if (fact.actionId === null || open.actions.has(fact.actionId)) add(open.spent, fact.spent);
        return;
      case 'expired':
        open.actions.delete(fact.actionId);
        return;
      case 'refused':
      case 'silent':
      case 'returned':
      case 'observed':
      case 'registered':
      case 'standing':
      case 'indebted':
      case 'placed':
      case 'found':
      case 'policy':
      case 'state':
      case 'state_policy':
        return;
    }
  }
}

function add(sums: Map<string, number>, spent: readonly Quantity[]): void {
  for (const { unit, amount } of spent) sums.set(unit, (sums.get(unit) ?? 0) + amount);
}
