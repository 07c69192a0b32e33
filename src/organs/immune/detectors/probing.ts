import type { JsonObject } from '../../../platform/json.js';
import type { FactOf } from '../detection/fact.js';
import { EVIDENCE_MAX, type Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import { savedList } from '../detection/saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { windowBefore } from '../detection/spans.js';

/** Refusals of what an agent has no right to. */
const NOT_CAPABLE = 'AGENTS.NOT_CAPABLE';
const FORBIDDEN: readonly string[] = ['ACCESS.FORBIDDEN', 'ACCESS.NOT_YOURS'];

interface Reach {
  readonly what: string;
  eventId: number;
  at: number;
}

/** Different things within the window that an agent reached for and has no right to: action types, commands, what is another's. */
class Probing implements Detector {
  /** The last refusal of each, oldest first. */
  private reaches: Reach[];

  constructor(saved: JsonObject | null) {
    this.reaches = savedList(saved, 'reaches').map((item) => {
      const [what, eventId, at] = item as [string, number, number];
      return { what, eventId, at };
    });
  }

  next({ fact }: Moment, { threshold, window_seconds: seconds }: Policy): Sighting | null {
    const what = fact.kind === 'refused' ? reachedFor(fact) : null;
    if (what === null) return null;
    const edge = fact.at - seconds * 1000;
    this.reaches = this.reaches.filter((reach) => reach.at > edge && reach.what !== what);
    this.reaches.push({ what, eventId: fact.eventId, at: fact.at });
    const count = this.reaches.length;
    if (count < Math.min(threshold, EVIDENCE_MAX)) return null;
    const evidence = this.reaches.map(({ eventId }) => eventId);
    this.reaches = [];
    return {
      metric: 'different things without right',
      expected: threshold,
      observed: count,
      ...windowBefore(fact.occurredAt, seconds),
      evidence,
      reason: `reached for ${count} different things that it has no right to within ${seconds} s`,
    };
  }

  state(): JsonObject {
    return { reaches: this.reaches.map(({ what, eventId, at }) => [what, eventId, at]) };
  }
}

function reachedFor({ code, command, actionType }: FactOf<'refused'>): string | null {
  if (code === NOT_CAPABLE) return `${command} ${actionType ?? ''}`;
  return FORBIDDEN.includes(code) ? `${command} ${code}` : null;
}

/** Refused for many different things. */
export const PROBING: DetectorKind = {
  name: 'probing',
  facts: ['refused'],
  isSynchronous: false,
  make: (saved) => new Probing(saved),
};
