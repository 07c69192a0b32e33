import { ACTIVITY } from '../detection/minute-meter.js';
import type { Sighting } from '../detection/finding.js';
import { spentIn } from '../detection/peers.js';
import type { Policy } from '../detection/policy.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { inWords, minutesFrom } from '../detection/spans.js';

/** Peers' minutes that one in a hundred exceeds. */
const PEERS_SHARE = 0.99;

/** What was spent in a minute against the minutes of all agents of the same type, times the threshold. It remembers nothing itself. */
class SpendAbovePeers implements Detector {
  next({ closed, fact, agentType, peers }: Moment, policy: Policy): Sighting | null {
    for (const { unit, amount } of closed?.spent ?? []) {
      const usual = peers.quantile(agentType, spentIn(unit), PEERS_SHARE);
      if (!closed || usual === null || amount <= usual * policy.threshold) continue;
      return {
        metric: `${unit} per minute`,
        expected: usual,
        observed: amount,
        ...minutesFrom(closed.minute, 1),
        evidence: [...closed.evidence, fact.eventId],
        reason: `spent ${inWords(amount)} ${unit} within a minute; 99 of 100 minutes of agents of its type have at most ${inWords(usual)}`,
      };
    }
    return null;
  }

  state() {
    return {};
  }
}

/** A minute's spending far above that of agents of the same type. */
export const SPEND_ABOVE_PEERS: DetectorKind = {
  name: 'spend_above_peers',
  facts: ACTIVITY,
  isSynchronous: false,
  make: () => new SpendAbovePeers(),
};
