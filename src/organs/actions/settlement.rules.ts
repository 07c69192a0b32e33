import type { DecisionContext } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import { book, BUDGETS, HOLDS, LEDGER, settle, type Budget, type Hold, type HoldStatus } from '../metabolism/index.js';

/** How an action ends; the cost in nano-units. */
export interface Ending {
  readonly status: Exclude<HoldStatus, 'authorized'>;
  readonly cost: bigint;
  /** False where the agent says that nothing was spent: then no row of the ledger is written for nothing. */
  readonly booksZero: boolean;
}

/** The rows after an action has ended. */
export interface Settlement {
  readonly hold: Hold;
  readonly budget: Budget;
  readonly effects: Effect[];
}

/** Ends an action whose hold is open: the hold goes back and the real cost is booked whole. */
export function settleOpen(
  open: Readonly<Hold>,
  before: Readonly<Budget>,
  ending: Ending,
  context: DecisionContext,
): Settlement {
  const budget = settle(before, open.amount_nano, ending.cost);
  const hold = ended(open, ending, budget.window_start, context);
  const estimated = ending.status === 'expired';
  const writesRow = ending.cost > 0n || ending.booksZero;
  return {
    hold,
    budget,
    effects: [
      updated(HOLDS, hold),
      updated(BUDGETS, budget),
      ...(writesRow ? [entry(hold, ending.cost, budget.window_start, estimated, context)] : []),
    ],
  };
}

/**
 * Ends an action whose hold was booked whole when it expired: a further row of the ledger corrects the estimate. What
 * the estimate took too much goes back only while the window that bore it is the present one.
 */
export function settleExpired(
  expired: Readonly<Hold>,
  before: Readonly<Budget>,
  ending: Ending,
  context: DecisionContext,
): Settlement {
  const difference = ending.cost - (expired.cost_nano ?? 0n);
  const bearer = expired.window_start ?? before.window_start;
  const isSameWindow = bearer === before.window_start;
  const budget = isSameWindow || difference > 0n ? book(before, difference) : { ...before };
  const window = difference > 0n ? before.window_start : bearer;
  const hold = ended(expired, ending, window, context);
  return {
    hold,
    budget,
    effects: [
      updated(HOLDS, hold),
      ...(difference === 0n ? [] : [updated(BUDGETS, budget), entry(hold, difference, window, false, context)]),
    ],
  };
}

function ended(
  hold: Readonly<Hold>,
  { status, cost }: Ending,
  window: string,
  { now, eventId }: DecisionContext,
): Hold {
  return { ...hold, status, cost_nano: cost, settled_at: now, settled_event_id: eventId, window_start: window };
}

function entry(
  hold: Hold,
  amount: bigint,
  window: string,
  estimated: boolean,
  { now, eventId, newId }: DecisionContext,
): Effect {
  return inserted(LEDGER, {
    id: newId(),
    event_id: eventId,
    agent_id: hold.agent_id,
    action_id: hold.action_id,
    cost_type: hold.action_type,
    amount_nano: amount,
    unit: hold.unit,
    occurred_at: now,
    estimated,
    window_start: window,
  });
}
