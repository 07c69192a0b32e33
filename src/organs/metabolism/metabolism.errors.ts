import type { Problem } from '../../platform/errors/problem.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import type { Timestamp } from '../../platform/time.js';
import { isInForce, remaining } from './budget.rules.js';
import type { Budget } from './entities/budget.entity.js';

/** 402: why a budget does not cover an amount of nano-units, and what would help. */
export function budgetExceeded(budget: Readonly<Budget> | null, unit: string, amount: bigint, now: Timestamp): Problem {
  const left = remaining(budget, now);
  return {
    status: 402,
    code: 'METABOLISM.BUDGET_EXCEEDED',
    detail: reason(budget, unit, amount, left, now),
    members: { unit, required: numberOfNano(amount), remaining_budget: numberOfNano(left) },
  };
}

function reason(budget: Readonly<Budget> | null, unit: string, amount: bigint, left: bigint, now: Timestamp): string {
  if (!budget) return `the agent has no budget in ${unit}; allocate one`;
  if (!isInForce(budget, now)) return `the budget's window ended at ${budget.window_end}; allocate a new one`;
  if (budget.debt_nano > 0n) {
    return `the agent is ${decimalOfNano(budget.debt_nano)} ${unit} in debt; a new allocation pays that first`;
  }
  return `the budget has ${decimalOfNano(left)} ${unit} left and ${decimalOfNano(amount)} ${unit} are needed`;
}
