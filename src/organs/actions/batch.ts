import { asBatch } from '../../event-log/batch.js';
import type { Command, Submission } from '../../event-log/command.js';

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
