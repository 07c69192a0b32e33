/** What became of one step of the plan. */
export type Outcome =
  | 'authorized'
  | 'denied'
  | 'settled'
  | 'failed'
  | 'never_ended'
  | 'charged'
  /** Not sent: the agent has been told to stand still. */
  | 'withheld'
  /** Not sent: the start of this call was refused, so it never ran. */
  | 'not_run'
  /** A completion that found its action completed already. */
  | 'conflict'
  /** An answer that no rule of the contract explains. */
  | 'error';

/** Outcomes that make the whole replay less than clean. */
export const UNCLEAN: readonly Outcome[] = ['denied', 'withheld', 'not_run', 'conflict', 'error'];

/** Remarks kept for the report; more are only counted. */
const REMARKS_MAX = 20;

export type Counts = Record<Outcome, number> & {
  /** Answers that repeated those of an earlier run. */
  replayed: number;
  /** Requests that the substrate answered. */
  commands: number;
};

/** One agent's part of the result; amounts in nano-units. */
export interface AgentTally {
  readonly user: string;
  readonly agentId: string;
  readonly counts: Counts;
  /** Real cost that this run or its earlier part booked. */
  bookedNano: bigint;
  /** Recorded cost that was not booked, for the reasons counted. */
  missedNano: bigint;
}

export interface StepResult {
  readonly outcome: Outcome;
  /** The step's recorded cost. */
  readonly costNano: bigint;
  readonly replayed: boolean;
  /** False when nothing was sent. */
  readonly sent: boolean;
  /** Stable code of a refusal. */
  readonly code?: string;
  /** For the person who reads the report. */
  readonly remark?: string;
}

/** Counts what the steps of a replay came to. */
export class Tally {
  readonly agents = new Map<string, AgentTally>();
  /** Refusals by their stable code. */
  readonly refusals = new Map<string, number>();
  readonly remarks: string[] = [];
  /** Steps of the plan that are done. */
  steps = 0;

  add(agent: { readonly user: string; readonly agentId: string }, result: StepResult): void {
    const own = this.agentTally(agent);
    this.steps++;
    own.counts[result.outcome]++;
    if (result.sent) own.counts.commands++;
    if (result.replayed) own.counts.replayed++;
    if (UNCLEAN.includes(result.outcome)) own.missedNano += result.costNano;
    else own.bookedNano += result.costNano;
    if (result.code !== undefined) this.refusals.set(result.code, (this.refusals.get(result.code) ?? 0) + 1);
    if (result.remark !== undefined && this.remarks.length < REMARKS_MAX) this.remarks.push(result.remark);
  }

  /** The counts of all agents together. */
  counts(): Counts {
    const sum = noCounts();
    for (const { counts } of this.agents.values()) {
      for (const name of Object.keys(sum) as Array<keyof Counts>) sum[name] += counts[name];
    }
    return sum;
  }

  private agentTally({ user, agentId }: { readonly user: string; readonly agentId: string }): AgentTally {
    const known = this.agents.get(agentId);
    if (known !== undefined) return known;
    const fresh: AgentTally = { user, agentId, counts: noCounts(), bookedNano: 0n, missedNano: 0n };
    this.agents.set(agentId, fresh);
    return fresh;
  }
}

function noCounts(): Counts {
  return {
    authorized: 0,
    denied: 0,
    settled: 0,
    failed: 0,
    never_ended: 0,
    charged: 0,
    withheld: 0,
    not_run: 0,
    conflict: 0,
    error: 0,
    replayed: 0,
    commands: 0,
  };
}
