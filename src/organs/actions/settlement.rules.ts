import type { Command, DecisionContext } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import {
  amountsOfText,
  HOLDS,
  ledgerEntry,
  LEDGER,
  nanoIn,
  textOfAmounts,
  type Amount,
  type Books,
  type Hold,
  type HoldStatus,
  type Pricing,
} from '../metabolism/index.js';

/** How an action ends. */
export interface Ending {
  readonly status: Exclude<HoldStatus, 'authorized'>;
  /** What it cost in each unit that it held. */
  readonly costs: readonly Amount[];
  /** What a cost was reckoned from. */
  readonly pricing: Pricing | null;
  /** False where the agent says that nothing was spent: then no row of the ledger is written for nothing. */
  readonly booksZero: boolean;
}

/** What follows when an action has ended. */
export interface Settlement {
  readonly hold: Hold;
  readonly effects: Effect[];
  readonly followUps: Command[];
}

/** Ends an action whose hold is open: the hold goes back and the real cost is booked whole, in every scope that it held in. */
export function settleOpen(open: Readonly<Hold>, books: Books, ending: Ending, context: DecisionContext): Settlement {
  const hold = ended(open, ending, context);
  const held = amountsOfText(open.amounts);
  const { effects, followUps } = books.post(
    held.map(({ unit, nano }) => ({ unit, held: -nano, booked: nanoIn(ending.costs, unit) })),
  );
  const booked = ending.costs.filter(({ nano }) => nano > 0n || ending.booksZero);
  const rows = booked.map((cost) => entry(hold, cost, ending, context));
  return { hold, effects: [updated(HOLDS, hold), ...effects, ...rows], followUps };
}

/**
 * Ends an action whose hold was booked whole when it expired: a further row of the ledger corrects the estimate. What
 * the estimate took too much goes back only to windows that bore it.
 */
export function settleExpired(
  expired: Readonly<Hold>,
  books: Books,
  ending: Ending,
  context: DecisionContext,
): Settlement {
  const hold = ended(expired, ending, context);
  const estimates = amountsOfText(expired.costs ?? []);
  const differences = ending.costs
    .map(({ unit, nano }) => ({ unit, nano: nano - nanoIn(estimates, unit) }))
    .filter(({ nano }) => nano !== 0n);
  if (differences.length === 0) return { hold, effects: [updated(HOLDS, hold)], followUps: [] };
  const corrects = expired.settled_event_id ?? context.eventId;
  const { effects, followUps } = books.post(
    differences.map(({ unit, nano }) => ({ unit, held: 0n, booked: nano, corrects })),
  );
  const rows = differences.map((difference) => entry(hold, difference, ending, context));
  return { hold, effects: [updated(HOLDS, hold), ...effects, ...rows], followUps };
}

function ended(hold: Readonly<Hold>, { status, costs }: Ending, { now, eventId }: DecisionContext): Hold {
  return { ...hold, status, costs: textOfAmounts(costs), settled_at: now, settled_event_id: eventId };
}

function entry(hold: Hold, cost: Amount, { status, pricing }: Ending, context: DecisionContext): Effect {
  const { agent_id: agentId, action_id: actionId, action_type: costType, scopes } = hold;
  const isEstimate = status === 'expired';
  return inserted(LEDGER, ledgerEntry({ agentId, actionId, costType, cost, scopes, pricing, isEstimate }, context));
}
