import type { Command, Reply, SubmittedCommand } from '../../event-log/command.js';
import { Submission } from '../../event-log/command.js';
import { fingerprintOf } from '../../event-log/idempotency.js';
import type { JsonObject, JsonValue } from '../../platform/json.js';

/** Items of one batch: a megabyte of body holds about as many. */
export const BATCH_ITEMS_MAX = 1_000;

/**
 * The items of a batch as one transaction. An item's key means the same as on the single route, so an item may be tried
 * again there.
 */
export function batchOf<T extends { idempotency_key?: string }>(
  items: readonly T[],
  path: string,
  toCommand: (item: T) => Command,
): Submission {
  const commands = items.map((item): SubmittedCommand => {
    const { idempotency_key: key, ...body } = item;
    const command = toCommand(item);
    if (key === undefined) return { command };
    return { command, idempotency: { key, fingerprint: fingerprintOf('POST', path, plain(body)) } };
  });
  return new Submission(commands, (replies) => ({ status: 200, body: `{"items":[${replies.map(itemOf).join(',')}]}` }));
}

/** An item is what the single route would answer, with the HTTP status as its `status`; a problem stands under `problem`. */
function itemOf({ status, body, replayed }: Reply): string {
  const answer = JSON.parse(body) as JsonObject;
  const mark = replayed ? { idempotency_replayed: true } : {};
  return JSON.stringify(status >= 400 ? { status, problem: answer, ...mark } : { ...answer, status, ...mark });
}

/** Request objects are instances of DTO classes; their JSON is what counts. */
function plain(body: object): JsonValue {
  return JSON.parse(JSON.stringify(body)) as JsonValue;
}
