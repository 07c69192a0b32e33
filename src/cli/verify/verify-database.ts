import { auditDatabase } from '../../event-log/verification/audit-database.js';
import type { Anchors } from '../../event-log/verification/log-walk.js';
import { derivedTables } from '../derived-tables.js';
import { showProgress, type Progress } from '../progress.js';
import type { Verdict } from './verdict.js';

/** Audits a database, with a progress bar. */
export async function verifyDatabase(url: string, anchors: Anchors): Promise<Verdict> {
  const state = { events: 0, rows: 0 };
  let progress: Progress | null = null;
  const words = (): string => `events hold${state.rows === 0 ? '' : `, ${state.rows} rows of tables compared`}`;
  try {
    return await auditDatabase(url, {
      tables: derivedTables(),
      anchors,
      onProgress: ({ part, done, total }) => {
        state[part] = done;
        progress ??= showProgress({ total, done: () => state.events, words });
      },
    });
  } finally {
    (progress as Progress | null)?.end();
  }
}
