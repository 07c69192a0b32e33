import { decimalOfNano, nanoOfDecimal } from '../../platform/decimal.js';
import type { Account } from './entities/account.entity.js';

/** What a scope has booked and holds in each unit, in one sum, as exact decimals; `{}` where it never had either. */
export function usedByUnit(account: Readonly<Account> | null): Record<string, string> {
  const balances = Object.entries(account?.balances ?? {});
  return Object.fromEntries(
    balances.map(([unit, { booked, held }]) => [unit, decimalOfNano(nanoOfDecimal(booked) + nanoOfDecimal(held))]),
  );
}
