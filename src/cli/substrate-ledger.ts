import { nanoOfDecimal, nanoOfNumber } from '../platform/decimal.js';
import { z } from 'zod';
import { pageOf } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';

/** Pages of totals that are read at most. */
const PAGES_MAX = 1000;

interface Total {
  readonly key: string | null;
  readonly total: number | string;
}

const Amount = z.union([z.number(), z.string()]);
const AgentTotalSchema = z
  .object({ agent_id: z.string(), total: Amount })
  .transform(({ agent_id: key, total }): Total => ({ key, total }));
/** Null: no usage was priced. */
const ModelTotalSchema = z
  .object({ model: z.string().nullable(), total: Amount })
  .transform(({ model: key, total }): Total => ({ key, total }));

/** What the ledger holds for each agent in one unit, in nano-units. */
export function readLedgerTotals(
  client: SubstrateClient,
  as: Credential,
  unit: string,
): Promise<ReadonlyMap<string, bigint>> {
  return readTotals(client, as, 'agent', AgentTotalSchema, unit);
}

/** What the ledger holds of priced usage for each model, in nano-dollars. */
export function readModelTotals(client: SubstrateClient, as: Credential): Promise<ReadonlyMap<string, bigint>> {
  return readTotals(client, as, 'model', ModelTotalSchema, 'usd');
}

async function readTotals(
  client: SubstrateClient,
  as: Credential,
  groupBy: string,
  schema: z.ZodType<Total>,
  unit: string,
): Promise<ReadonlyMap<string, bigint>> {
  const totals = new Map<string, bigint>();
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const path = `/metabolism/costs?group_by=${groupBy}&unit=${unit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await client.request(pageOf(schema), { method: 'GET', path, as });
    for (const item of body.items) {
      if (item.key !== null) totals.set(item.key, (totals.get(item.key) ?? 0n) + nanoOf(item.total));
    }
    if (typeof body.next_cursor !== 'string') break;
    cursor = body.next_cursor;
  }
  return totals;
}

function nanoOf(amount: number | string): bigint {
  return typeof amount === 'number' ? nanoOfNumber(amount) : nanoOfDecimal(amount);
}
