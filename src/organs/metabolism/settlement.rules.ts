import type { Command, DecisionContext } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import { amountsOfText, nanoIn, textOfAmounts, type Amount } from './amounts.js';
import type { Books } from './books.js';
import type { Hold, HoldStatus } from './entities/hold.entity.js';
import { ledgerEntry } from './ledger.rules.js';
import type { Pricing } from './priced-usage.js';
import { HOLDS, LEDGER } from './tables.js';

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
  takeBackUnused(open, ending.costs, books);
  const { effects, followUps } = books.post(
    held.map(({ unit, nano }) => ({ unit, held: -nano, booked: nanoIn(ending.costs, unit) })),
  );
  const booked = ending.costs.filter(({ nano }) => nano > 0n || ending.booksZero);
  const rows = booked.map((cost) => entry(hold, cost, ending, context));
  return { hold, effects: [updated(HOLDS, hold), ...effects, ...rows], followUps };
}

/**
 * Gives the hold of an action back that was never begun: nothing can have been spent on it, so nothing is booked.
 * @throws Error when the action is begun or has ended
 */
export function voidHold(open: Readonly<Hold>, books: Books, context: DecisionContext): Settlement {
  if (open.status !== 'authorized' || open.begun_at !== null) throw new Error(`${open.action_id} may have been spent`);
  const costs = amountsOfText(open.amounts).map(({ unit }) => ({ unit, nano: 0n }));
  return settleOpen(open, books, { status: 'void', costs, pricing: null, booksZero: false }, context);
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
  takeBackUnused(expired, ending.costs, books);
  const corrects = expired.settled_event_id ?? context.eventId;
  const { effects, followUps } = books.post(
    differences.map(({ unit, nano }) => ({ unit, held: 0n, booked: nano, corrects })),
  );
  const rows = differences.map((difference) => entry(hold, difference, ending, context));
  return { hold, effects: [updated(HOLDS, hold), ...effects, ...rows], followUps };
}

/** What limits were given for an action, and it did not spend, is theirs no more: an approval is for one action. */
function takeBackUnused(hold: Readonly<Hold>, costs: readonly Amount[], books: Books): void {
  if (hold.funded === null) return;
  const unused = amountsOfText(hold.amounts).map(({ unit, nano }) => ({ unit, nano: nano - nanoIn(costs, unit) }));
  books.takeBack(hold.funded, unused, { at: hold.authorized_at, eventId: hold.event_id });
}

function ended(hold: Readonly<Hold>, { status, costs }: Ending, { now, eventId }: DecisionContext): Hold {
  return { ...hold, status, costs: textOfAmounts(costs), settled_at: now, settled_event_id: eventId };
}

function entry(hold: Hold, cost: Amount, { status, pricing }: Ending, context: DecisionContext): Effect {
  const { agent_id: agentId, action_id: actionId, action_type: costType, scopes } = hold;
  const isEstimate = status === 'expired';
  return inserted(LEDGER, ledgerEntry({ agentId, actionId, costType, cost, scopes, pricing, isEstimate }, context));
}
