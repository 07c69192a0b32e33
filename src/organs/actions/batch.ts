import type { Command, Reply, SubmittedCommand } from '../../event-log/command.js';
import { Submission } from '../../event-log/command.js';
import type { JsonObject } from '../../platform/json.js';

/** Items of one batch: a megabyte of body holds about as many. */
export const BATCH_ITEMS_MAX = 1_000;

/**
 * The items of a batch as one transaction. An item's key means the same as on the single route, so an item may be tried
 * again there.
 */
export function batchOf<T extends { idempotency_key?: string }>(
  items: readonly T[],
  fingerprintOf: (index: number) => string,
  toCommand: (item: T) => Command,
): Submission {
  const commands = items.map((item, i): SubmittedCommand => {
    const command = toCommand(item);
    const { idempotency_key: key } = item;
    return key === undefined ? { command } : { command, idempotency: { key, fingerprint: fingerprintOf(i) } };
  });
  return new Submission(commands, (replies) => ({ status: 200, body: `{"items":[${replies.map(itemOf).join(',')}]}` }));
}

/** An item is what the single route would answer, with the HTTP status as its `status`; a problem stands under `problem`. */
function itemOf({ status, body, replayed }: Reply): string {
  const answer = JSON.parse(body) as JsonObject;
  const mark = replayed ? { idempotency_replayed: true } : {};
  return JSON.stringify(status >= 400 ? { status, problem: answer, ...mark } : { ...answer, status, ...mark });
}
