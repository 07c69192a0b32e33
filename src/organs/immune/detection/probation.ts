import type { Timestamp } from '../../../platform/time.js';

/** Whether a probation that lasts until a moment (exclusive; null: there is none) is on at another one. */
export function isOnProbation(until: Timestamp | null, now: Timestamp): boolean {
  return until !== null && now < until;
}
