import type { JsonObject } from '../platform/json.js';
import { Submission, type Command, type Reply, type SubmittedCommand } from './command.js';

/** Items of one batch: a megabyte of body holds about as many. */
export const BATCH_ITEMS_MAX = 1_000;

/** Commands that are decided in order in one transaction and answered together, each as if it had come alone. */
export function asBatch(commands: readonly SubmittedCommand[]): Submission {
  return new Submission(commands, (replies) => ({ status: 200, body: `{"items":[${replies.map(itemOf).join(',')}]}` }));
}

/**
 * The items of a batch as one transaction. An item's key means the same as on the single route, so an item may be tried
 * again there.
 */
export function batchOf<T extends { idempotency_key?: string }>(
  items: readonly T[],
  fingerprintOf: (index: number) => string,
  toCommand: (item: T) => Command,
): Submission {
  return asBatch(
    items.map((item, i) => {
      const command = toCommand(item);
      const { idempotency_key: key } = item;
      return key === undefined ? { command } : { command, idempotency: { key, fingerprint: fingerprintOf(i) } };
    }),
  );
}

/** An item is what the single route would answer, with the HTTP status as its `status`; a problem stands under `problem`. */
function itemOf({ status, body, replayed }: Reply): string {
  const answer = JSON.parse(body) as JsonObject;
  const mark = replayed ? { idempotency_replayed: true } : {};
  return JSON.stringify(status >= 400 ? { status, problem: answer, ...mark } : { ...answer, status, ...mark });
}
