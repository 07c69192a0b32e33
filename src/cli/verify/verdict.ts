import type { Finding } from '../../event-log/verification/findings.js';
import type { LogWalk } from '../../event-log/verification/log-walk.js';

/** What was found of a log, whichever way it was read. */
export interface Verdict {
  /** What does not hold, the first one first; empty: everything holds. */
  readonly findings: readonly Finding[];
  /** What is no tampering, but should be mended. */
  readonly warnings: readonly string[];
  readonly walk: LogWalk;
  /** Rows that were compared with the log; null where there were none to compare. */
  readonly rows: number | null;
}
