import { plusSeconds, type Timestamp } from '../../platform/time.js';
import type { Budget } from './entities/budget.entity.js';

/** Seconds of an hour. */
const HOUR_SECONDS = 3_600;

/** A budget's row key. */
export function budgetId(agentId: string, unit: string): string {
  return `${agentId}/${unit}`;
}

/** Whether the budget's window is running. */
export function isInForce(budget: Readonly<Budget>, now: Timestamp): boolean {
  return budget.window_start <= now && now < budget.window_end;
}

/** What may still be held or charged, in nano-units: max(0, total - spent - reserved - debt), and 0 outside of the window. */
export function remaining(budget: Readonly<Budget> | null, now: Timestamp): bigint {
  if (!budget || !isInForce(budget, now)) return 0n;
  const left = budget.total_nano - budget.spent_nano - budget.reserved_nano - budget.debt_nano;
  return left > 0n ? left : 0n;
}

/** Whether a hold of this amount fits: never without a window in force, and never in debt, not even at cost 0. */
export function covers(budget: Readonly<Budget> | null, amount: bigint, now: Timestamp): budget is Budget {
  return budget !== null && isInForce(budget, now) && budget.debt_nano === 0n && amount <= remaining(budget, now);
}

/** A fresh window. Open holds carry over; the debt of the window before is paid from this one first. */
export function allocate(
  before: Readonly<Budget> | null,
  grant: { agentId: string; unit: string; total: bigint; hours: number },
  now: Timestamp,
): Budget {
  const carried = before?.debt_nano ?? 0n;
  const fresh: Budget = {
    id: budgetId(grant.agentId, grant.unit),
    agent_id: grant.agentId,
    unit: grant.unit,
    total_nano: grant.total,
    spent_nano: 0n,
    reserved_nano: before?.reserved_nano ?? 0n,
    debt_nano: 0n,
    carried_nano: carried,
    window_start: now,
    window_end: plusSeconds(now, grant.hours * HOUR_SECONDS),
  };
  return balanced(fresh, carried);
}

/** Reserves an amount that the budget `covers`. */
export function hold(budget: Readonly<Budget>, amount: bigint): Budget {
  return { ...budget, reserved_nano: budget.reserved_nano + amount };
}

/** Gives a hold back and books the real cost whole; what the budget cannot cover is debt. */
export function settle(budget: Readonly<Budget>, held: bigint, cost: bigint): Budget {
  return book({ ...budget, reserved_nano: budget.reserved_nano - held }, cost);
}

/** Books a cost whole, or takes back part of an estimate when negative. */
export function book(budget: Readonly<Budget>, cost: bigint): Budget {
  return balanced(budget, budget.spent_nano + budget.debt_nano + cost);
}

/**
 * Splits what was booked into what the budget bears and debt: spent + reserved never rises above the total, and room that
 * a hold leaves behind pays debt at once.
 */
function balanced(budget: Readonly<Budget>, booked: bigint): Budget {
  const room = budget.total_nano > budget.reserved_nano ? budget.total_nano - budget.reserved_nano : 0n;
  const spent = booked < room ? booked : room;
  return { ...budget, spent_nano: spent, debt_nano: booked - spent };
}
