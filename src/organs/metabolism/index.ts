export { book, budgetId, covers, hold, isInForce, remaining, settle } from './budget.rules.js';
export { UNIT_DEFAULT } from './dto/allocate.dto.js';
export type { Budget } from './entities/budget.entity.js';
export { HOLD_STATUSES, type Hold, type HoldStatus } from './entities/hold.entity.js';
export type { LedgerEntry } from './entities/ledger-entry.entity.js';
export { budgetExceeded } from './metabolism.errors.js';
export { MetabolismModule } from './metabolism.module.js';
export { ownOr } from './metabolism.repository.js';
export { BUDGETS, HOLDS, LEDGER } from './tables.js';
