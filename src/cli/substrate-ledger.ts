import { nanoOfDecimal, nanoOfNumber } from '../platform/decimal.js';
import { z } from 'zod';
import { pageOf } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';

/** Pages of totals that are read at most. */
const PAGES_MAX = 1000;

const AgentTotalSchema = z.object({ agent_id: z.string(), unit: z.string(), total: z.union([z.number(), z.string()]) });

/** What the ledger holds for each agent in one unit, in nano-units. */
export async function readLedgerTotals(
  client: SubstrateClient,
  as: Credential,
  unit: string,
): Promise<ReadonlyMap<string, bigint>> {
  const totals = new Map<string, bigint>();
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const path = `/metabolism/costs?group_by=agent${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await client.request(pageOf(AgentTotalSchema), { method: 'GET', path, as });
    for (const item of body.items) {
      if (item.unit === unit) totals.set(item.agent_id, (totals.get(item.agent_id) ?? 0n) + nanoOf(item.total));
    }
    if (typeof body.next_cursor !== 'string') break;
    cursor = body.next_cursor;
  }
  return totals;
}

function nanoOf(amount: number | string): bigint {
  return typeof amount === 'number' ? nanoOfNumber(amount) : nanoOfDecimal(amount);
}
