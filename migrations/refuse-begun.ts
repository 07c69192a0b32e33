import type { QueryRunner } from 'typeorm';

/**
 * Tables are the fold of the log, so rows of a log that knew none of what a migration adds cannot be carried over by changing
 * tables.
 * @throws Error when the log has begun
 */
export async function refuseBegun(db: QueryRunner): Promise<void> {
  const rows = (await db.query('select 1 from event_log limit 1')) as unknown[];
  if (rows.length === 0) return;
  throw new Error(
    'the log was begun before 4.0.0 was released; keep an export of it, and start with an empty database',
  );
}
