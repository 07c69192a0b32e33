export { usedByUnit } from './account-sums.js';
export { amountsOfText, nanoIn, numbersOfAmounts, textOfAmounts, type Amount, type AmountText } from './amounts.js';
export { Books, type Movement, type Refusal } from './books.js';
export {
  costNeeds,
  payloadOfCost,
  reckoned,
  type ClaimedUsage,
  type Cost,
  type RealCost,
  type Reckoned,
} from './costing.js';
export { costIn } from './cost-request.js';
export {
  AmountDto,
  AreCosts,
  COST_BELOW,
  CostDto,
  IsCost,
  NotBeside,
  RealCostDto,
  UnlessGiven,
} from './dto/cost.dto.js';
export { UNIT_DEFAULT } from './dto/allocate.dto.js';
export type { Funding } from './funding.rules.js';
export { HOLD_STATUSES, type Hold, type HoldStatus } from './entities/hold.entity.js';
export { percent, shareOf } from './limit-share.js';
export { ledgerEntry } from './ledger.rules.js';
export { budgetExceeded } from './metabolism.errors.js';
export { MetabolismModule } from './metabolism.module.js';
export { ownOr } from './metabolism.repository.js';
export { PRICED_UNIT, type Pricing } from './priced-usage.js';
export { claimedUsage, IsUsage, IsUsageBody } from './usage-request.js';
export { agentScope, agentOfScope, SUBSTRATE_SCOPE, chainNeeds, chainOf, holdNeeds } from './scopes.js';
export { endHoldCommand, endedWithoutAgent, openHoldNeeds, openHoldsOf } from './open-holds.js';
export { ACCOUNTS, HOLDS, LEDGER } from './tables.js';
export { settleExpired, settleOpen, voidHold, type Ending, type Settlement } from './settlement.rules.js';
