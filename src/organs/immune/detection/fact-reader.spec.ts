import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '../../../event-log/canonical.js';
import { eventBody } from '../../../event-log/chain.js';
import { effectsText, inserted, updated, type Effect } from '../../../event-log/effect.js';
import type { Actor, Outcome, Subject } from '../../../event-log/event.js';
import type { JsonObject } from '../../../platform/json.js';
import type { GovernedTable } from '../../../event-log/table.js';
import { AGENTS } from '../../agents/index.js';
import { HOLDS, LEDGER } from '../../metabolism/index.js';
import { SCOPES } from '../../metabolism/tables.js';
import { factsOf, type EventRow } from './fact-reader.js';

const NOW = '2026-01-01T00:00:00.123456Z';
const TOLD = { eventId: 7, at: Date.parse('2026-01-01T00:00:00.123Z'), occurredAt: NOW };
const AGENT: Actor = { type: 'agent', id: 'a' };
const ACTION: Subject = { type: 'action', id: 'x' };

interface Said {
  readonly type: string;
  readonly outcome?: Outcome;
  readonly actor?: Actor;
  readonly subject?: Subject | null;
  readonly payload?: JsonObject;
  readonly effects?: readonly Effect[] | string;
}

/** The row of an event whose body the log would have. */
function row({
  type,
  outcome = 'succeeded',
  actor = AGENT,
  subject = ACTION,
  payload = {},
  effects = [],
}: Said): EventRow {
  const body = eventBody({
    id: 7,
    previousHash: 'f'.repeat(64),
    occurredAt: NOW,
    actor,
    type,
    outcome,
    subject,
    requestId: 'r',
    causedBy: null,
    payload: canonicalJson(payload),
    effects: typeof effects === 'string' ? effects : effectsText(effects),
  });
  return { id: 7, type, outcome, actor_id: actor.id, subject_id: subject?.id ?? null, occurred_at: NOW, body };
}

/** The text of an effect with the row of an entity as it may be some day. */
const effectOn = (entity: string, after: JsonObject): string =>
  `[${canonicalJson({ after, entity, id: 'some', op: 'update' })}]`;

/** A row of a table with some members; the others are null. */
function rowIn<R extends object>(table: GovernedTable<R>, members: Partial<R>): R {
  return { ...(Object.fromEntries(table.columns.map(({ name }) => [name, null])) as R), ...members };
}

const HOLD = rowIn(HOLDS, {
  action_id: 'x',
  agent_id: 'a',
  action_type: 'say ],"amounts":[',
  amounts: [
    { amount: '1.25', unit: 'usd' },
    { amount: '1374', unit: 'tokens' },
  ],
  scopes: ['agent:a', 'substrate'],
  status: 'authorized',
});
const ENDED = { ...HOLD, status: 'succeeded', costs: [{ amount: '0.5', unit: 'usd' }] } as const;

const authorize = (payload: JsonObject, effects: readonly Effect[] = [inserted(HOLDS, HOLD)]) =>
  factsOf(row({ type: 'actions.authorize', payload, effects }));
const fingerprint = (payload: JsonObject) =>
  (authorize(payload)[0] as { fingerprint?: string } | undefined)?.fingerprint;

describe('facts of actions', () => {
  it('an authorization tells what is held, whether the payload names it or not', () => {
    const [fact] = authorize({ action_type: 'llm.call', usage: { model: 'm', provider: 'p', input_tokens: 3 } });
    expect(fact).toEqual({
      ...TOLD,
      kind: 'authorized',
      agentId: 'a',
      actionId: 'x',
      actionType: 'llm.call',
      fingerprint: '',
      held: [
        { unit: 'usd', amount: 1.25 },
        { unit: 'tokens', amount: 1374 },
      ],
    });
  });

  it('are recognized by type, payload and usage, not by what they cost', () => {
    const payload = { to: 'b', text: 'hello' };
    const usage = { input_tokens: 3, model: 'm', provider: 'p' };
    const one = fingerprint({ action_type: 't', payload, cost: { amount: '1', unit: 'usd' } });
    expect(one).toHaveLength(12);
    expect(fingerprint({ action_type: 't', payload, cost: { amount: '2', unit: 'usd' } })).toBe(one);
    expect(fingerprint({ action_type: 't', payload, usage })).not.toBe(one);
    expect(fingerprint({ action_type: 't', payload, usage })).toBe(fingerprint({ usage, payload, action_type: 't' }));
    expect(fingerprint({ action_type: 't', payload: { ...payload, usage: {} }, usage })).not.toBe(one);
    expect(fingerprint({ action_type: 'u', payload })).not.toBe(one);
    expect(fingerprint({ action_type: 't', payload_bytes: 70_000, payload_sha256: 'ab' })).toHaveLength(12);
  });

  it('a completion tells what it cost, an expiry whose it was', () => {
    const effects = [updated(HOLDS, ENDED)];
    expect(factsOf(row({ type: 'actions.complete', payload: { status: 'success' }, effects }))).toEqual([
      { ...TOLD, kind: 'ended', agentId: 'a', actionId: 'x', isSuccess: true, spent: [{ unit: 'usd', amount: 0.5 }] },
    ]);
    const actor: Actor = { type: 'system', id: 'expiry' };
    expect(factsOf(row({ type: 'actions.expire', actor, effects }))).toEqual([
      { ...TOLD, kind: 'expired', agentId: 'a', actionId: 'x' },
    ]);
  });

  it('a charge tells what its payload names, or what the ledger has', () => {
    const charge = (payload: JsonObject, effects: readonly Effect[] = []) =>
      factsOf(row({ type: 'metabolism.charge', subject: { type: 'agent', id: 'a' }, payload, effects }));
    const usd = { kind: 'charged', actionId: null, spent: [{ unit: 'usd', amount: 2 }] };
    expect(charge({ cost: { amount: '2', unit: 'usd' } })).toMatchObject([usd]);
    expect(charge({ action_id: 'x', costs: [{ amount: '2', unit: 'usd' }] })).toMatchObject([
      { ...usd, actionId: 'x' },
    ]);
    const entry = rowIn(LEDGER, { id: 'l', amount_nano: 2_000_000_000n, unit: 'usd' });
    expect(charge({ usage: { model: 'm' } }, [inserted(LEDGER, entry)])).toMatchObject([usd]);
  });

  it('a refusal tells its code and what was asked for', () => {
    const payload = { action_type: 'rm', denied: { code: 'AGENTS.NOT_CAPABLE', status: 403 } };
    expect(factsOf(row({ type: 'actions.authorize', outcome: 'denied', payload }))).toEqual([
      {
        ...TOLD,
        kind: 'refused',
        agentId: 'a',
        command: 'actions.authorize',
        code: 'AGENTS.NOT_CAPABLE',
        actionType: 'rm',
      },
    ]);
  });

  it('are of agents only, and of what was decided', () => {
    const actor: Actor = { type: 'user', id: 'a' };
    const payload = { action_type: 't', denied: { code: 'X', status: 403 } };
    expect(factsOf(row({ type: 'actions.authorize', actor, payload }))).toEqual([]);
    expect(factsOf(row({ type: 'actions.authorize', actor, payload, outcome: 'denied' }))).toEqual([]);
    expect(factsOf(row({ type: 'actions.authorize', payload, outcome: 'failed' }))).toEqual([]);
    expect(factsOf(row({ type: 'agents.update', payload }))).toEqual([]);
  });
});

describe('payloads that look like other parts of a body', () => {
  const hostile: JsonObject = {
    ',"previous_event_id":': '],"id":7,"occurred_at":"',
    effects: [],
    id: 7,
    list: [{ effects: [[]], id: 7, occurred_at: 'x', outcome: 'denied', payload: {}, previous_event_id: 1 }],
    occurred_at: '"',
    outcome: 'denied',
    payload: { denied: { code: 'FAKE' } },
    previous_event_id: 6,
    usage: { usage: '"usage":{' },
  };

  it('are cut right', () => {
    const [fact] = authorize({ action_type: 'say ],"id":7,"occurred_at":"', payload: hostile });
    expect(fact).toMatchObject({
      actionType: 'say ],"id":7,"occurred_at":"',
      held: [{ amount: 1.25 }, { amount: 1374 }],
    });
    const other = { ...hostile, previous_event_id: 5 };
    expect(fingerprint({ action_type: 't', payload: hostile })).not.toBe(
      fingerprint({ action_type: 't', payload: other }),
    );
    const denied = { action_type: 't', payload: hostile, denied: { code: 'REAL', status: 403 } };
    expect(factsOf(row({ type: 'actions.authorize', outcome: 'denied', payload: denied }))).toMatchObject([
      { code: 'REAL' },
    ]);
  });

  it('and agents with such names are the ones that act', () => {
    const actor: Actor = { type: 'agent', id: 'a","type":"agent"},"id":"' };
    expect(factsOf(row({ type: 'actions.authorize', actor, payload: { action_type: 't' } }))).toMatchObject([
      { agentId: actor.id },
    ]);
  });

  it.each([
    '',
    '{',
    'null',
    '],"id":7,"occurred_at":"',
    '{"actor":{"id":"a","type":"agent"},"effects":[],"id":7,"occurred_at":"","payload":{,"previous_event_id":6}',
  ])('what is no body tells nothing: %s', (body) => {
    for (const type of ['actions.authorize', 'actions.expire', 'immune.release', 'substrate.genesis']) {
      for (const outcome of ['succeeded', 'denied']) {
        expect(factsOf({ ...row({ type: 'x' }), type, outcome, body })).toEqual([]);
      }
    }
  });
});

describe('facts of the system', () => {
  const system: Actor = { type: 'system', id: 'immune' };
  const subject: Subject = { type: 'agent', id: 'a' };

  it('standing: status, probation, and the policy that isolates', () => {
    const after = { agent_id: 'a', probation: { share: 0.25, until: '2026-01-02T00:00:00Z' }, status: 'active' };
    const release = row({
      type: 'immune.release',
      actor: { type: 'user', id: 'u' },
      subject,
      effects: effectOn('agent', after),
    });
    expect(factsOf(release)).toEqual([
      {
        ...TOLD,
        kind: 'standing',
        agentId: 'a',
        status: 'active',
        probationUntil: '2026-01-02T00:00:00.000000Z',
        policyId: null,
      },
    ]);
    const rows = [
      { after: { agent_id: 'a', status: 'quarantined' }, entity: 'agent', id: 'a', op: 'update' },
      {
        after: { agent_id: 'a', quarantined_by: 'loop', quarantined_by_type: 'system', released_at: null },
        entity: 'quarantine',
        id: 'q',
        op: 'insert',
      },
    ];
    const quarantine = row({ type: 'immune.quarantine', actor: system, subject, effects: canonicalJson(rows) });
    expect(factsOf(quarantine)).toMatchObject([{ status: 'quarantined', probationUntil: null, policyId: 'loop' }]);
  });

  it('an end: the policy that brought it about, where one did', () => {
    const effects = effectOn('agent', { agent_id: 'a', status: 'terminated' });
    const ended = (payload: JsonObject) =>
      factsOf(row({ type: 'immune.terminate', actor: system, subject, payload, effects }));
    expect(ended({ agent_id: 'a', policy_id: 'loop' })).toMatchObject([{ status: 'terminated', policyId: 'loop' }]);
    expect(ended({ agent_id: 'a', reason: 'another was' })).toMatchObject([{ status: 'terminated', policyId: null }]);
  });

  it('a finding, by its id', () => {
    const payload = { agent_id: 'a', id: 'loop/1/a/7' };
    expect(factsOf(row({ type: 'immune.finding', actor: system, subject, payload }))).toEqual([
      { ...TOLD, kind: 'found', findingId: 'loop/1/a/7' },
    ]);
    expect(factsOf(row({ type: 'immune.finding', actor: system, subject, payload: {} }))).toEqual([]);
  });

  it('registration, silence, return, places, debt', () => {
    const agent = rowIn(AGENTS, { agent_id: 'a', type: 'reflex', status: 'active' });
    expect(factsOf(row({ type: 'agents.register', subject, effects: [inserted(AGENTS, agent)] }))).toEqual([
      { ...TOLD, kind: 'registered', agentId: 'a', type: 'reflex' },
    ]);
    expect(factsOf(row({ type: 'agents.silence', actor: system, subject }))).toEqual([
      { ...TOLD, kind: 'silent', agentId: 'a' },
    ]);
    expect(factsOf(row({ type: 'agents.return', actor: system, subject }))).toMatchObject([{ kind: 'returned' }]);
    const scope = rowIn(SCOPES, { id: 'agent:a', parent_id: 'g' });
    expect(factsOf(row({ type: 'metabolism.change_scope', effects: [updated(SCOPES, scope)] }))).toEqual([
      { ...TOLD, kind: 'placed', scopeId: 'agent:a', parentId: 'g' },
    ]);
    const payload = { scope_id: 'agent:a', unit: 'usd', debt: '1.5', limit: '2' };
    expect(factsOf(row({ type: 'metabolism.debt', actor: system, payload }))).toEqual([
      { ...TOLD, kind: 'indebted', scopeId: 'agent:a', debt: { unit: 'usd', amount: 1.5 } },
    ]);
  });

  it('observations: the numbers that are watched, as far as they stand in the body', () => {
    const after = { event_type: 'host', severity: 'warning', watched: ['cpu', 'disk.free', 'gone', 'text'] };
    const said = (payload: JsonObject, members: JsonObject = {}) =>
      factsOf(row({ type: 'immune.observe', payload, effects: effectOn('observation', { ...after, ...members }) }));
    const told = { ...TOLD, kind: 'observed', agentId: 'a', eventType: 'host', severity: 'warning' };
    const event_data = { cpu: 0.1, disk: { free: 1e300 }, more: 7, text: ',"cpu":9' };
    const values = [
      { path: 'cpu', value: 0.1 },
      { path: 'disk.free', value: 1e300 },
    ];
    expect(said({ event_data })).toEqual([{ ...told, values }]);
    expect(said({ event_data_salted: 'ff' })).toEqual([{ ...told, values: [] }]);
    expect(said({ event_data: [1] })).toEqual([{ ...told, values: [] }]);
    expect(said({ event_data }, { watched: null })).toEqual([{ ...told, values: [] }]);
    expect(said({ event_data }, { severity: 'fatal' })).toEqual([]);
    const byUser = row({ type: 'immune.observe', actor: system, effects: effectOn('observation', after) });
    expect(factsOf(byUser)).toEqual([]);
  });

  it('policies, of the rows that are some', () => {
    const policy = {
      id: 'p',
      detector: 'loop',
      threshold: 8,
      window_seconds: 60,
      scope: 'substrate',
      answer: 'flag',
      mode: 'on',
      cool_down_seconds: 0,
      version: 3,
    };
    const said = (after: JsonObject) =>
      factsOf(row({ type: 'immune.set_policy', effects: effectOn('immune_policy', after) }));
    expect(said(policy)).toEqual([{ ...TOLD, kind: 'policy', policy }]);
    expect(said({ ...policy, detector: 'of another version' })).toEqual([]);
    expect(said({ ...policy, threshold: null })).toEqual([]);
    const genesis = row({
      type: 'substrate.genesis',
      actor: system,
      subject: null,
      effects: effectOn('immune_policy', policy),
    });
    expect(factsOf(genesis)).toHaveLength(1);
  });

  it('the state and how keen each one is, of the first event and of those that change them', () => {
    const tuned = effectOn('state_policy', { state: 'alert', sensitivity: 0.8 });
    const entered = effectOn('state', { current_state: 'alert' });
    const policyFact = { ...TOLD, kind: 'state_policy', state: 'alert', sensitivity: 0.8 };
    const stateFact = { ...TOLD, kind: 'state', state: 'alert' };
    const user: Actor = { type: 'user', id: 'u' };
    expect(factsOf(row({ type: 'arbiter.set_state_policy', actor: user, effects: tuned }))).toEqual([policyFact]);
    expect(factsOf(row({ type: 'arbiter.transition', actor: user, effects: entered }))).toEqual([stateFact]);
    const both = `${tuned.slice(0, -1)},${entered.slice(1)}`;
    const genesis = row({ type: 'substrate.genesis', actor: system, subject: null, effects: both });
    expect(factsOf(genesis)).toEqual([policyFact, stateFact]);
    const denied = row({ type: 'arbiter.transition', actor: user, outcome: 'denied', effects: entered });
    expect(factsOf(denied)).toEqual([]);
  });
});
