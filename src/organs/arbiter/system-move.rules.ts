import type { State } from '../../event-log/working-set.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import { answeredNeeds, newestAnswered } from '../immune/index.js';
import { policyOf, stateNeeds, stateOf } from './arbiter.rules.js';
import type { RaisedBy, StateName, SubstrateState } from './entities/substrate-state.entity.js';

/** A move that the system makes by itself. */
export interface SystemMove {
  readonly to: StateName;
  readonly trigger: string;
  readonly raisedBy: RaisedBy;
  /** The event that calls for it. */
  readonly causedBy: number;
  /** The finding that raises the state; null: that none came lowers it. */
  readonly findingId: string | null;
}

/** Where the system itself may go from the present state. */
export interface SystemOutlook {
  /** Null: nowhere, that is for people. */
  readonly to: StateName | null;
  /** From when on it may; null where it may go nowhere. */
  readonly from: Timestamp | null;
}

/** The rows that `systemMove` and `systemOutlook` read. */
export function systemMoveNeeds() {
  return [...stateNeeds(), ...answeredNeeds()];
}

/**
 * Where the system may go by itself, and when: from `observe` to `alert` once it has stayed, if a finding is answered; back
 * once it has stayed and been quiet for long enough, where findings had raised it. Nothing else, and no state that a person set.
 */
export function systemOutlook(state: State): SystemOutlook {
  const present = stateOf(state);
  const { current_state: current, since } = present;
  const dwelt = plusSeconds(since, policyOf(state, current).dwell_seconds);
  switch (current) {
    case 'observe':
      return { to: 'alert', from: dwelt };
    case 'alert': {
      if (present.raised_by !== 'findings') return { to: null, from: null };
      const quiet = plusSeconds(
        freshFinding(state, present)?.found_at ?? since,
        policyOf(state, 'alert').quiet_seconds,
      );
      return { to: 'observe', from: quiet > dwelt ? quiet : dwelt };
    }
    case 'act':
    case 'defend':
      return { to: null, from: null };
  }
}

/** The move that the system makes now; null: none. */
export function systemMove(state: State, now: Timestamp): SystemMove | null {
  const { to, from } = systemOutlook(state);
  if (to === null || from === null || now < from) return null;
  const present = stateOf(state);
  const { quiet_seconds: quiet } = policyOf(state, 'alert');
  if (to === 'observe') {
    const trigger = `no finding was answered for ${quiet} s`;
    return { to, trigger, raisedBy: 'quiet', causedBy: present.event_id, findingId: null };
  }
  const finding = freshFinding(state, present);
  // One that is so old would raise what ends at once.
  if (!finding || now >= plusSeconds(finding.found_at, quiet)) return null;
  // Agents read the state, so it names the event of the finding and not the agent.
  const trigger = `a finding of the policy ${finding.policy_id}, event ${finding.event_id}`;
  return { to, trigger, raisedBy: 'findings', causedBy: finding.event_id, findingId: finding.id };
}

/** The newest finding that was answered since the state is what it is. */
function freshFinding(state: State, { event_id: eventId }: Readonly<SubstrateState>) {
  const finding = newestAnswered(state);
  return finding !== null && finding.event_id > eventId ? finding : null;
}
