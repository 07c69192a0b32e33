import type { Command } from '../../event-log/command.js';
import { inserted } from '../../event-log/effect.js';
import { need, needVia, type Via } from '../../event-log/working-set.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';
import { Books } from './books.js';
import { ledgerEntry } from './ledger.rules.js';
import { ENTRY_NOT_FOUND } from './metabolism.errors.js';
import { PRICED_UNIT, type Pricing } from './priced-usage.js';
import { modelKey, priced, priceNeeds } from './pricing.js';
import { ACCOUNTS, LEDGER, LIMITS, PRICES, SCOPES } from './tables.js';

/** An own price as it is given. */
export interface NewPrice {
  readonly provider: string;
  readonly model: string;
  /** Absent: from now on. */
  readonly validFrom?: Timestamp;
  readonly card: JsonObject;
}

/** Gives a model a further version of its price. */
export function setPriceCommand({ provider, model, validFrom, card }: NewPrice): Command {
  const key = modelKey(provider, model);
  return {
    type: 'metabolism.set_price',
    permission: 'budgets.manage',
    subject: { type: 'model', id: key },
    payload: { provider, model, ...(validFrom ? { valid_from: validFrom } : {}), prices: card },
    needs: [],
    decide: (_state, { now, eventId, newId }) => {
      const row = { id: newId(), model: key, valid_from: validFrom ?? now, card, created_at: now, event_id: eventId };
      return {
        outcome: 'succeeded',
        status: 201,
        effects: [inserted(PRICES, row)],
        answer: { price: `own:${row.id}`, model: key, valid_from: row.valid_from, prices: card },
      };
    },
  };
}

/** From rows of the ledger to the scopes that they were booked in. */
const BOOKED_IN: Via = {
  name: 'booked-in',
  sql: 'select distinct unnest(scopes) from cost_ledger where id = any($1::uuid[])',
};

/**
 * Prices a row of the ledger again, by what counts now for the moment when it arose, and books the difference where the
 * row was booked. The row itself stays as it is.
 */
export function repriceCommand(entryId: string, pricing: Pricing, reason: string): Command {
  return {
    type: 'metabolism.reprice',
    permission: 'budgets.manage',
    subject: { type: 'ledger_entry', id: entryId },
    payload: { ledger_id: entryId, reason },
    needs: [
      need(LEDGER, entryId),
      need(LEDGER, entryId, 'corrects'),
      needVia(SCOPES, 'id', BOOKED_IN, [entryId]),
      needVia(ACCOUNTS, 'scope_id', BOOKED_IN, [entryId]),
      needVia(LIMITS, 'scope_id', BOOKED_IN, [entryId]),
      ...priceNeeds(pricing),
    ],
    decide: (state, context) => {
      const row = state.get(LEDGER, entryId);
      if (!row?.pricing) return { outcome: 'denied', problem: ENTRY_NOT_FOUND };
      const { provider, model, usage: counts } = row.pricing;
      const price = priced({ provider, model, counts }, 'as used', state, row.occurred_at);
      if ('problem' in price) return { outcome: 'denied', problem: price.problem, causedBy: row.event_id };
      const corrections = state.find(LEDGER, 'corrects', entryId);
      const booked = corrections.reduce((sum, each) => sum + each.amount_nano, row.amount_nano);
      const difference = price.nano - booked;
      const answer = { ledger_id: entryId, price: price.pricing.price, difference: numberOfNano(difference) };
      if (difference === 0n) return { outcome: 'succeeded', effects: [], answer, causedBy: row.event_id };
      const books = new Books(state, row.scopes, context);
      const movement = { unit: PRICED_UNIT, held: 0n, booked: difference, corrects: row.event_id };
      const { effects, followUps } = books.post([movement]);
      const entry = ledgerEntry(
        {
          agentId: row.agent_id,
          actionId: row.action_id,
          costType: row.cost_type,
          cost: { unit: PRICED_UNIT, nano: difference },
          scopes: row.scopes,
          pricing: price.pricing,
          occurredAt: row.occurred_at,
          corrects: entryId,
        },
        context,
      );
      return {
        outcome: 'succeeded',
        causedBy: row.event_id,
        payload: { ledger_id: entryId, reason, difference: decimalOfNano(difference) },
        effects: [...effects, inserted(LEDGER, entry)],
        followUps,
        answer: { ...answer, correction_id: entry.id },
      };
    },
  };
}
