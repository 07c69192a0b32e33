import type { GovernedTable } from './table.js';
import { canonicalString } from './canonical.js';

/** One change of one row. `row` is the whole row after it; on a delete, the row that goes. */
export interface Effect {
  readonly table: GovernedTable<object>;
  readonly op: 'insert' | 'update' | 'delete';
  readonly row: object;
}

/** A new row. */
export function inserted<R extends object>(table: GovernedTable<R>, row: R): Effect {
  return { table: table as unknown as GovernedTable<object>, op: 'insert', row };
}

/** A row as it is from now on. */
export function updated<R extends object>(table: GovernedTable<R>, row: R): Effect {
  return { table: table as unknown as GovernedTable<object>, op: 'update', row };
}

/** A row that is no more. */
export function deleted<R extends object>(table: GovernedTable<R>, row: R): Effect {
  return { table: table as unknown as GovernedTable<object>, op: 'delete', row };
}

/** The canonical JSON text of an event's `effects`; rows that are no part of the log are left out. */
export function effectsText(effects: readonly Effect[]): string {
  let text = '';
  for (const effect of effects) {
    if (!effect.table.derived) continue;
    text += `${text === '' ? '' : ','}${effectText(effect)}`;
  }
  return `[${text}]`;
}

function effectText({ table, op, row }: Effect): string {
  const rest = `"entity":"${table.entity}","id":${canonicalString(table.idOf(row))},"op":"${op}"}`;
  return op === 'delete' ? `{${rest}` : `{"after":${table.after(row)},${rest}`;
}
