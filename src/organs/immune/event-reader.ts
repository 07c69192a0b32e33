import type pg from 'pg';
import { timestampOfPostgres } from '../../platform/time.js';
import type { EventRow } from './detection/fact-reader.js';

/** Events read at a time: a megabyte or two. */
export const EVENTS_AT_ONCE = 1_000;

/** The next events of the log behind one, as detectors read them. */
export async function eventsAfter(client: pg.Client, after: number, upTo: number | null): Promise<EventRow[]> {
  const { rows } = await client.query<EventRow>({
    name: 'events-after',
    text: `select id, type, outcome, actor_id, subject_id, occurred_at, body from event_log
           where id > $1 and ($2::bigint is null or id <= $2) order by id limit ${EVENTS_AT_ONCE}`,
    values: [after, upTo],
  });
  return rows.map((row) => ({ ...row, occurred_at: timestampOfPostgres(row.occurred_at) }));
}
