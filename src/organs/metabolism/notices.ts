import type { Command } from '../../event-log/command.js';
import { decimalOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import type { Limit } from './entities/limit.entity.js';
import type { Sums } from './limit.rules.js';

/** Tells the log that a limit has reached a threshold: once in each window. */
export function thresholdNotice(limit: Readonly<Limit>, sums: Sums, percent: number): Command {
  return notice('metabolism.threshold', limit, {
    percent,
    booked: decimalOfNano(sums.booked - limit.base_nano),
    held: decimalOfNano(sums.held),
  });
}

/** Tells the log that a limit came into debt: nothing is authorized below its scope until that is paid, funded or forgiven. */
export function debtNotice(limit: Readonly<Limit>, debt: bigint): Command {
  return notice('metabolism.debt', limit, { debt: decimalOfNano(debt) });
}

/** An event of the system without effects, in the commit of the one that it follows from. */
function notice(type: string, limit: Readonly<Limit>, said: JsonObject): Command {
  return {
    type,
    permission: 'system',
    subject: { type: 'scope', id: limit.scope_id },
    payload: {
      limit_id: limit.id,
      scope_id: limit.scope_id,
      unit: limit.unit,
      limit: decimalOfNano(limit.limit_nano + limit.funded_nano),
      window_start: limit.window_start,
      window_end: limit.period.kind === 'rolling' ? null : limit.window_end,
      ...said,
    },
    needs: [],
    decide: () => ({ outcome: 'succeeded', effects: [], answer: {} }),
  };
}
