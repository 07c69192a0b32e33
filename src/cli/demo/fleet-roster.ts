import type { NewAgent } from '../substrate-agents.js';

/** What an agent of the demo does again and again; amounts in nano-dollars. */
export interface Habit {
  readonly actionType: string;
  /** Mean time between two beginnings. */
  readonly everyMs: number;
  readonly lastsMs: number;
  readonly holdNano: bigint;
  readonly costFromNano: bigint;
  readonly costToNano: bigint;
  /** One in so many fails. */
  readonly failsOneIn: number;
}

export interface DemoAgent extends NewAgent {
  readonly budgetNano: bigint;
  readonly habits: readonly Habit[];
}

const CENT = 10_000_000n;

/** The agent that spends more than it has, and the one that answers to it by reflex. */
export const OVERSPENDER = 'deep-researcher';
export const REFLEX = 'circuit-breaker';
export const REFLEX_ACTION = 'traffic.limit';

/** The agent that runs away: cheap calls, always the same one, far within its budget. */
export const RUNAWAY = 'ticket-sorter';

/** The agent that asks the arbiter for what it may not do by itself. */
export const PAYER = 'invoice-reader';

/** An agent that once tries what it was never allowed. */
export const CURIOUS = { agentId: 'invoice-reader', actionType: 'mail.send', atMs: 9000 } as const;

/** A made-up fleet: believable, small enough to follow on one screen. */
export const FLEET: readonly DemoAgent[] = [
  {
    agent_id: 'intake-sensor',
    type: 'sensor',
    description: 'Watches the mailbox for new requests',
    capabilities: ['mailbox.read'],
    budgetNano: 50n * CENT,
    habits: [habit('mailbox.read', 3000, 200, 1n, [0n, 1n], 0)],
  },
  {
    agent_id: 'support-drafter',
    type: 'task',
    description: 'Drafts answers to support requests',
    capabilities: ['llm.call', 'mail.draft'],
    budgetNano: 500n * CENT,
    habits: [habit('llm.call', 4500, 1800, 6n, [2n, 5n], 9), habit('mail.draft', 9000, 300, 1n, [0n, 1n], 0)],
  },
  {
    agent_id: CURIOUS.agentId,
    type: 'task',
    description: 'Reads invoices into the ledger',
    capabilities: ['llm.call', 'document.read'],
    budgetNano: 500n * CENT,
    habits: [habit('document.read', 4000, 700, 2n, [1n, 2n], 12)],
  },
  {
    agent_id: 'code-reviewer',
    type: 'task',
    description: 'Comments on pull requests',
    budgetNano: 800n * CENT,
    habits: [habit('llm.call', 4000, 2500, 20n, [8n, 24n], 7)],
  },
  {
    agent_id: OVERSPENDER,
    type: 'task',
    description: 'Answers open questions with long searches',
    capabilities: ['llm.call', 'web.search'],
    budgetNano: 150n * CENT,
    habits: [habit('llm.call', 900, 600, 15n, [10n, 30n], 0)],
  },
  {
    agent_id: RUNAWAY,
    type: 'task',
    description: 'Sorts tickets and reports on them',
    capabilities: ['llm.call', 'report.write'],
    budgetNano: 200n * CENT,
    habits: [],
  },
  {
    agent_id: REFLEX,
    type: 'reflex',
    description: 'Slows traffic down when something goes wrong',
    capabilities: [REFLEX_ACTION],
    budgetNano: 20n * CENT,
    habits: [],
  },
];

/** Amounts in cents, so that the roster reads easily. */
function habit(
  actionType: string,
  everyMs: number,
  lastsMs: number,
  holdCents: bigint,
  [fromCents, toCents]: readonly [bigint, bigint],
  failsOneIn: number,
): Habit {
  return {
    actionType,
    everyMs,
    lastsMs,
    holdNano: holdCents * CENT,
    costFromNano: fromCents * CENT,
    costToNano: toCents * CENT,
    failsOneIn,
  };
}
