import { DEFAULT_POLICIES } from '../../src/organs/immune/detection/default-policies.js';
import { DetectorEngine } from '../../src/organs/immune/detection/engine.js';
import type { Fact } from '../../src/organs/immune/detection/fact.js';
import type { Finding } from '../../src/organs/immune/detection/finding.js';
import type { DetectorName, Policy } from '../../src/organs/immune/detection/policy.js';
import { timestampOfMs } from '../../src/organs/immune/detection/spans.js';

/** A Monday at noon, UTC. */
export const START_MS = Date.parse('2026-01-05T12:00:00.000Z');

/** A fact without what its place in the log says. */
export type Told = Fact extends infer F ? (F extends Fact ? Omit<F, 'eventId' | 'at' | 'occurredAt'> : never) : never;

/** A detector's default policy, with changes. */
export function policyOn(detector: DetectorName, changes: Partial<Policy> = {}): Policy {
  const policy = DEFAULT_POLICIES.find((each) => each.detector === detector);
  if (!policy) throw new Error(`no default policy for ${detector}`);
  return { ...policy, ...changes };
}

/** Tells an engine facts, one event each, at moments in seconds after the start. */
export class Story {
  readonly engine = new DetectorEngine();
  readonly facts: Fact[] = [];
  private actions = 0;

  constructor(...policies: readonly Policy[]) {
    for (const policy of policies) this.tell(0, { kind: 'policy', policy });
  }

  /** Tells a fact; answers what is found. */
  tell(seconds: number, told: Told): Finding[] {
    const at = START_MS + Math.round(seconds * 1000);
    const fact: Fact = { ...told, eventId: this.facts.length + 1, at, occurredAt: timestampOfMs(at) };
    this.facts.push(fact);
    return this.engine.next(fact);
  }

  /** An authorization; answers its findings. */
  call(seconds: number, agentId = 'a', fingerprint = `p${this.facts.length}`, held = 1): Finding[] {
    this.actions += 1;
    return this.tell(seconds, {
      kind: 'authorized',
      agentId,
      actionId: `x${this.actions}`,
      actionType: 'llm.call',
      fingerprint,
      held: [{ unit: 'usd', amount: held }],
    });
  }

  /** The end of the last action that was authorized. */
  end(seconds: number, amount: number, isSuccess = true, agentId = 'a'): Finding[] {
    const spent = [{ unit: 'usd', amount }];
    return this.tell(seconds, { kind: 'ended', agentId, actionId: `x${this.actions}`, isSuccess, spent });
  }

  refuse(seconds: number, code: string, actionType = 'llm.call', agentId = 'a'): Finding[] {
    return this.tell(seconds, { kind: 'refused', agentId, command: 'actions.authorize', code, actionType });
  }
}
