import type { DecisionContext } from '../../event-log/command.js';
import type { Timestamp } from '../../platform/time.js';
import type { Amount } from './amounts.js';
import type { LedgerEntry } from './entities/ledger-entry.entity.js';
import { PRICED_UNIT, type Pricing } from './priced-usage.js';
import { modelKey } from './pricing.js';

/** What a row of the ledger says. */
export interface Booking {
  readonly agentId: string;
  readonly actionId: string | null;
  readonly costType: string;
  readonly cost: Amount;
  /** Where it is booked, upwards from the agent's scope. */
  readonly scopes: readonly string[];
  /** What the cost was reckoned from. It stands with the amount in the unit of prices. */
  readonly pricing: Pricing | null;
  readonly occurredAt?: Timestamp;
  readonly isEstimate?: boolean;
  /** The row that this one corrects. */
  readonly corrects?: string;
}

/** A new row of the ledger, of the event that is being decided. */
export function ledgerEntry(booking: Booking, { now, eventId, newId }: DecisionContext): LedgerEntry {
  const pricing = booking.cost.unit === PRICED_UNIT ? booking.pricing : null;
  return {
    id: newId(),
    event_id: eventId,
    agent_id: booking.agentId,
    action_id: booking.actionId,
    cost_type: booking.costType,
    amount_nano: booking.cost.nano,
    unit: booking.cost.unit,
    occurred_at: booking.occurredAt ?? now,
    booked_at: now,
    estimated: booking.isEstimate === true,
    scopes: [...booking.scopes],
    model: pricing && modelKey(pricing.provider, pricing.model),
    pricing,
    corrects: booking.corrects ?? null,
  };
}
