import { tableOf } from '../../event-log/table.js';
import { Account } from './entities/account.entity.js';
import { Hold } from './entities/hold.entity.js';
import { LedgerEntry } from './entities/ledger-entry.entity.js';
import { Limit } from './entities/limit.entity.js';
import { Price } from './entities/price.entity.js';
import { Scope } from './entities/scope.entity.js';

/** The tables of the metabolism. */
export const SCOPES = tableOf(Scope);
export const ACCOUNTS = tableOf(Account);
export const LIMITS = tableOf(Limit);
export const HOLDS = tableOf(Hold);
export const LEDGER = tableOf(LedgerEntry);
export const PRICES = tableOf(Price);
