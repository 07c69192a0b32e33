import type pg from 'pg';
import { timestampOfPostgres } from '../../platform/time.js';
import type { EventRow } from './detection/fact-reader.js';

/** Events read at a time: a megabyte or two. */
export const EVENTS_AT_ONCE = 1_000;

const COLUMNS = 'id, type, outcome, actor_id, subject_id, occurred_at, body';

/** The next events of the log behind one, as detectors read them. @param upTo the last one that is wanted; null: the end */
export async function eventsAfter(client: pg.Client, after: number, upTo: number | null): Promise<EventRow[]> {
  const { rows } = await client.query<EventRow>({
    name: 'events-after',
    text: `select ${COLUMNS} from event_log
           where id > $1 and ($2::bigint is null or id <= $2) order by id limit ${EVENTS_AT_ONCE}`,
    values: [after, upTo],
  });
  return rows.map(decoded);
}

/** As `eventsAfter`, of some types alone. */
export async function eventsOfTypes(
  client: pg.Client,
  types: readonly string[],
  after: number,
  upTo: number,
): Promise<EventRow[]> {
  const { rows } = await client.query<EventRow>(
    `select ${COLUMNS} from event_log
     where type = any($1::text[]) and id > $2 and id <= $3 order by id limit ${EVENTS_AT_ONCE}`,
    [types, after, upTo],
  );
  return rows.map(decoded);
}

function decoded(row: EventRow): EventRow {
  return { ...row, occurred_at: timestampOfPostgres(row.occurred_at) };
}
