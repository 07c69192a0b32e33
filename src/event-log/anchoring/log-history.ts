import type { JsonValue } from '../../platform/json.js';
import { BrokenPromiseError } from './anchoring.errors.js';
import { RECOVERY, ROTATION, Succession } from '../verification/succession.js';

/** Something that runs a query: a TypeORM data source, or a client's rows. */
export type Rows = <R>(sql: string) => Promise<R[]>;

/**
 * Who may sign the log of a database and what was given up of it; null while the log is empty.
 * @throws BrokenPromiseError when an event says that another key takes over, or that events were lost, and the log's key has not signed that
 */
export async function readHistory(rows: Rows): Promise<Succession | null> {
  const events = await rows<{ body: string }>(
    `select body from event_log where id = 1
     union all
     (select body from event_log where type in ('${ROTATION}', '${RECOVERY}') order by id)`,
  );
  if (events.length === 0) return null;
  const succession = new Succession();
  for (const { body } of events) {
    const event = JSON.parse(body) as { id: number; type: string; outcome: string; payload: JsonValue };
    const fault = succession.follow(event);
    if (fault !== null) throw new BrokenPromiseError(`event ${event.id}: ${fault}`);
  }
  return succession;
}
