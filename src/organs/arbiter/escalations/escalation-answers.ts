import { secondsBetween, type Timestamp } from '../../../platform/time.js';
import { amountsOfText, numbersOfAmounts } from '../../metabolism/index.js';
import type { Escalation } from '../entities/escalation.entity.js';

/** An escalation in an answer, at a moment. */
export function escalationAnswer(row: Readonly<Escalation>, now: Timestamp) {
  const { policy_id: id, policy_version: version, request_sha256: _known, ceiling, ...rest } = row;
  const expiresAt = nextEnd(row);
  return {
    ...rest,
    ceiling: numbersOfAmounts(amountsOfText(ceiling)),
    policy: { id, version },
    expires_at: expiresAt,
    seconds_left: expiresAt === null ? null : Math.max(0, Math.floor(secondsBetween(now, expiresAt))),
  };
}

/** When it ends by itself: undecided, or unused. */
function nextEnd({ status, decide_by: decideBy, usable_until: usableUntil }: Readonly<Escalation>): Timestamp | null {
  switch (status) {
    case 'pending':
      return decideBy;
    case 'approved':
      return usableUntil;
    case 'denied':
    case 'expired':
    case 'used':
      return null;
  }
}
