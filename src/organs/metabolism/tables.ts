import { tableOf } from '../../event-log/table.js';
import { Budget } from './entities/budget.entity.js';
import { Hold } from './entities/hold.entity.js';
import { LedgerEntry } from './entities/ledger-entry.entity.js';

/** The tables of the metabolism. */
export const BUDGETS = tableOf(Budget);
export const HOLDS = tableOf(Hold);
export const LEDGER = tableOf(LedgerEntry);
