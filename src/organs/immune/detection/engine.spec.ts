import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../platform/json.js';
import { policyOn, START_MS, Story } from '../../../../test/support/detector-story.js';
import { DEFAULT_POLICIES, QUARANTINING_POLICIES } from './default-policies.js';
import { DetectorEngine } from './engine.js';
import type { Fact } from './fact.js';
import type { Finding } from './finding.js';
import { DETECTORS, type DetectorName } from './policy.js';
import { timestampOfMs } from './spans.js';

/** Numbers in [0, 1), always the same ones (Park and Miller 1988, "Random number generators: good ones are hard to find"). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Detectors that are made keener, so that everything is found. */
const COUNTED: readonly DetectorName[] = ['denials', 'loop', 'stuck_holds', 'budget_refusals', 'error_rate'];

/** A log of agents that do everything that there is to be found. */
function wildFacts(count: number): Fact[] {
  const random = randomOf(9);
  const policies = DEFAULT_POLICIES.map((policy) => ({
    ...policy,
    cool_down_seconds: 30,
    threshold: COUNTED.includes(policy.detector) ? policy.threshold / 2 : policy.threshold,
  }));
  const facts: Fact[] = policies.map((policy) => ({ kind: 'policy', policy, ...placeOf(0, START_MS) }));
  let at = START_MS;
  for (let eventId = facts.length + 1; facts.length < count; eventId += 1) {
    // One after the other is much busier than all others.
    const isBusy = random() < 0.6;
    at += Math.floor(random() ** 4 * 10_000);
    const agentId = `agent-${isBusy ? Math.floor(eventId / 500) % 12 : Math.floor(random() * 12)}`;
    const actionId = `x${Math.floor(random() * 40)}`;
    const spent = [{ unit: random() < 0.8 ? 'usd' : '1', amount: random() ** 6 * (random() < 0.01 ? 1e4 : 10) }];
    const common = { ...placeOf(eventId, at), agentId };
    const dice = random();
    if (dice < 0.4) {
      const fingerprint = `p${Math.floor(random() * 20)}`;
      facts.push({
        ...common,
        kind: 'authorized',
        actionId,
        actionType: 't',
        fingerprint,
        held: [{ unit: 'usd', amount: 2 }],
      });
    } else if (dice < 0.75) facts.push({ ...common, kind: 'ended', actionId, isSuccess: random() < 0.7, spent });
    else if (dice < 0.8) facts.push({ ...common, kind: 'charged', actionId: null, spent });
    else if (dice < 0.95) {
      const code = random() < 0.5 ? 'METABOLISM.BUDGET_EXCEEDED' : 'AGENTS.NOT_CAPABLE';
      const actionType = `t${Math.floor(random() * 9)}`;
      facts.push({ ...common, kind: 'refused', command: 'actions.authorize', code, actionType });
    } else if (dice < 0.96) facts.push({ ...common, kind: 'expired', actionId });
    else if (dice < 0.965) facts.push({ ...common, kind: 'silent' });
    else if (dice < 0.97) {
      facts.push({
        ...placeOf(eventId, at),
        kind: 'indebted',
        scopeId: `agent:${agentId}`,
        debt: { unit: 'usd', amount: 1 },
      });
    } else if (dice < 0.98)
      facts.push({ ...placeOf(eventId, at), kind: 'placed', scopeId: `agent:${agentId}`, parentId: 'g' });
    else if (dice < 0.99) {
      const status = random() < 0.4 ? 'quarantined' : 'active';
      const probationUntil = random() < 0.5 ? timestampOfMs(at + 60_000) : null;
      facts.push({ ...common, kind: 'standing', status, probationUntil, policyId: null });
    } else {
      const mode = random() < 0.3 ? 'off' : random() < 0.5 ? 'shadow' : 'on';
      const policy = policies[Math.floor(random() * policies.length)] ?? policyOn('loop');
      const id = random() < 0.5 ? policy.id : `${policy.id}-g`;
      const scope = id === policy.id ? policy.scope : 'g';
      facts.push({ ...placeOf(eventId, at), kind: 'policy', policy: { ...policy, id, scope, mode, version: eventId } });
    }
  }
  return facts;
}

/** The same log with sensors in it. */
function withSensors(facts: readonly Fact[]): Fact[] {
  const random = randomOf(13);
  const all = facts.flatMap((fact): Fact[] => {
    if (random() > 0.3) return [fact];
    const agentId = `agent-${Math.floor(random() * 3)}`;
    const severity = random() < 0.1 ? 'critical' : 'info';
    const spread = random() < 0.005 ? 1e6 : 1;
    const values = ['a', 'b'].map((path) => ({ path, value: random() * spread }));
    const eventType = `e${Math.floor(random() * 2)}`;
    return [fact, { ...placeOf(0, fact.at), kind: 'observed', agentId, eventType, severity, values }];
  });
  return all.map((fact, i) => ({ ...fact, eventId: i + 1 }));
}

function placeOf(eventId: number, at: number) {
  return { eventId, at, occurredAt: timestampOfMs(at) };
}

const FACTS = withSensors(wildFacts(30_000));

function fold(facts: readonly Fact[]): Finding[] {
  const engine = new DetectorEngine();
  return facts.flatMap((fact) => engine.next(fact));
}

const throughJson = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

describe('the engine', () => {
  it('finds the same in the same facts, byte for byte', () => {
    const findings = fold(FACTS);
    expect(findings.length).toBeGreaterThan(500);
    expect(JSON.stringify(fold(FACTS))).toBe(JSON.stringify(findings));
    expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
    const found = new Set(findings.map(({ detector }) => detector));
    const rare = ['spend_drop', 'unusual_hours'];
    expect(DETECTORS.filter((detector) => !found.has(detector) && !rare.includes(detector))).toEqual([]);
  });

  it('finds the same when memories are taken out and put back, and when it is made anew', () => {
    const random = randomOf(11);
    const saved = new Map<string, JsonObject>();
    let engine = new DetectorEngine();
    const findings: Finding[] = [];
    for (const fact of FACTS) {
      for (const agentId of engine.agentsOf(fact)) {
        if (!engine.has(agentId)) engine.load(agentId, saved.get(agentId) ?? null);
      }
      findings.push(...engine.next(fact));
      if (random() < 0.02) engine = rested(engine, saved, random);
    }
    expect(JSON.stringify(findings)).toBe(JSON.stringify(fold(FACTS)));
  });

  function rested(engine: DetectorEngine, saved: Map<string, JsonObject>, random: () => number): DetectorEngine {
    for (const agentId of engine.takeDirty()) saved.set(agentId, throughJson(engine.save(agentId) ?? {}));
    if (random() < 0.2) return new DetectorEngine(throughJson(engine.shared()));
    for (const agentId of saved.keys()) if (random() < 0.5) engine.evict(agentId);
    return engine;
  }

  it('goes by the nearest scope, whatever its mode', () => {
    const story = new Story(
      policyOn('silence', { id: 'all' }),
      policyOn('silence', { id: 'group', scope: 'g', mode: 'off' }),
      policyOn('silence', { id: 'own', scope: 'agent:a', mode: 'shadow', answer: 'terminate' }),
    );
    story.tell(0, { kind: 'placed', scopeId: 'h', parentId: 'g' });
    story.tell(0, { kind: 'placed', scopeId: 'g', parentId: 'substrate' });
    for (const id of ['a', 'b']) story.tell(0, { kind: 'placed', scopeId: `agent:${id}`, parentId: 'h' });
    expect(story.tell(1, { kind: 'silent', agentId: 'a' })).toMatchObject([{ policy_id: 'own', mode: 'shadow' }]);
    expect(story.tell(1, { kind: 'silent', agentId: 'b' })).toEqual([]);
    expect(story.tell(1, { kind: 'silent', agentId: 'c' })).toMatchObject([{ policy_id: 'all', mode: 'on' }]);
    story.tell(2, { kind: 'placed', scopeId: 'agent:b', parentId: 'substrate' });
    expect(story.tell(3, { kind: 'silent', agentId: 'b' })).toMatchObject([{ policy_id: 'all' }]);
  });

  it('is quiet in the cool-down, which a release ends', () => {
    const story = new Story(policyOn('silence', { cool_down_seconds: 60 }));
    const silent = (seconds: number) => story.tell(seconds, { kind: 'silent', agentId: 'a' }).length;
    expect([0, 59.9, 60, 61].map(silent)).toEqual([1, 0, 1, 0]);
    story.tell(62, { kind: 'standing', agentId: 'a', status: 'active', probationUntil: null, policyId: null });
    expect(silent(63)).toBe(1);
  });

  it('does not isolate the isolated again, and remembers nothing of the dead', () => {
    const story = new Story(...QUARANTINING_POLICIES);
    const stand = (status: 'quarantined' | 'terminated') =>
      story.tell(1, { kind: 'standing', agentId: 'a', status, probationUntil: null, policyId: null });
    expect(story.tell(0, { kind: 'silent', agentId: 'a' })).toMatchObject([{ answer: 'quarantine' }]);
    stand('quarantined');
    expect(story.tell(1_000, { kind: 'silent', agentId: 'a' })).toMatchObject([{ answer: 'flag' }]);
    stand('terminated');
    expect(story.tell(2_000, { kind: 'silent', agentId: 'a' })).toEqual([]);
    expect(story.engine.save('a')).toEqual({ status: 'terminated' });
  });

  it('says whose memory a fact needs, and which have changed', () => {
    const { engine, facts } = new Story(policyOn('loop'));
    const place = { eventId: 9, at: START_MS, occurredAt: timestampOfMs(START_MS) };
    expect(facts.flatMap((fact) => engine.agentsOf(fact))).toEqual([]);
    expect(engine.agentsOf({ ...place, kind: 'silent', agentId: 'a' })).toEqual(['a']);
    const debt = { unit: 'usd', amount: 1 };
    expect(engine.agentsOf({ ...place, kind: 'indebted', scopeId: 'agent:b', debt })).toEqual(['b']);
    expect(engine.agentsOf({ ...place, kind: 'indebted', scopeId: 'group', debt })).toEqual([]);
    engine.next({ ...place, kind: 'silent', agentId: 'a' });
    expect([engine.takeDirty(), engine.takeDirty(), engine.has('a'), engine.size]).toEqual([['a'], [], true, 1]);
    engine.evict('a');
    expect([engine.has('a'), engine.save('a')]).toEqual([false, null]);
  });
});
