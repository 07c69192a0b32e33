import { beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from '../organs/agents/entities/agent.entity.js';
import { plusSeconds } from '../platform/time.js';
import { Submission, type Command, type Decision, type Reply } from './command.js';
import { BODY_BYTES_MAX } from './chain.js';
import { decideBatch, type Envelope } from './decide-batch.js';
import { DenialMeter } from './denial-meter.js';
import { inserted, updated } from './effect.js';
import { BodyTooLargeError } from './event-writer.js';
import { Gate, type Admission } from './gate.js';
import { IdempotencyLedger, type IdempotencyRecord } from './idempotency.js';
import { tableOf } from './table.js';
import { need, RowsMissing, WorkingSet } from './working-set.js';

const AGENTS = tableOf(Agent);
const NOW = '2026-01-01T00:00:00.000000Z';
const NO = { status: 409, code: 'TEST.NO', detail: 'no' };

class TestGate extends Gate {
  override needs() {
    return [];
  }

  override admit(_state: unknown, caller: Envelope['caller']): Admission {
    if (caller.id === 'stranger') return { kind: 'unknown', problem: { ...NO, status: 401 } };
    if (caller.id === 'guest') return { kind: 'forbidden', problem: { ...NO, status: 403 } };
    return { kind: 'admitted', principal: { actor: { type: 'user', id: caller.id }, roles: [] } };
  }
}

let state: WorkingSet;
let ledger: IdempotencyLedger;
let faults: unknown[];
let denials: DenialMeter;

beforeEach(() => {
  state = new WorkingSet();
  state.load(AGENTS as never, 'agent_id', ['a', 'b'], []);
  ledger = new IdempotencyLedger([]);
  faults = [];
  denials = new DenialMeter();
});

const agent = (description: string): Agent => ({
  agent_id: 'a',
  type: 'task',
  description,
  capabilities: null,
  source_uri: null,
  registered_at: NOW,
  status: 'active',
  status_reason: null,
  status_since: NOW,
  status_event_id: 1,
  parent_id: null,
  probation: null,
  throttle: null,
  silent_since: null,
  supervision: null,
  registered_by: 'u',
});

const command = (rule: Command['decide'], more: Partial<Command> = {}): Command => ({
  type: 'test.do',
  permission: 'p',
  subject: null,
  payload: {},
  needs: [],
  decide: rule,
  ...more,
});
const yes = (answer = {}, more: Partial<Decision> = {}): Decision =>
  ({ outcome: 'succeeded', answer, effects: [], ...more }) as Decision;
const envelope = (submission: Command | Submission, more: Partial<Envelope> = {}): Envelope => ({
  submission: submission instanceof Submission ? submission : Submission.of(submission),
  caller: { kind: 'user', id: 'u' },
  requestId: 'r',
  instance: '/x',
  ...more,
});

/** A command that does nothing but what it is followed by. */
const wrapped = (followUp: Command): Command => command(() => yes({}, { followUps: [followUp] }));

function decide(...envelopes: Envelope[]): { replies: readonly Reply[]; bodies: Record<string, unknown>[] } {
  const { replies, writer } = decideBatch(envelopes, {
    state,
    head: { id: 0, hash: null, range: Buffer.alloc(0) },
    now: NOW,
    idempotency: ledger,
    gate: new TestGate(),
    denials,
    newId: () => 'id',
    onFault: (error) => faults.push(error),
  });
  return { replies, bodies: writer.events.map((e) => JSON.parse(String(e.body)) as Record<string, unknown>) };
}

describe('a batch', () => {
  it('shows the effects of a command to the next, and gives each an event in order', () => {
    const first = command(() => yes({}, { effects: [inserted(AGENTS, agent('first'))] }));
    const second = command((rows) => yes({ saw: rows.get(AGENTS, 'a')?.description ?? null }));
    const { replies, bodies } = decide(envelope(first), envelope(second));
    expect(JSON.parse(replies[1]?.body ?? '')).toMatchObject({ saw: 'first', event: { id: 2 } });
    expect(bodies).toMatchObject([
      { id: 1, effects: [{ entity: 'agent', op: 'insert', id: 'a' }] },
      { id: 2, previous_event_id: 1 },
    ]);
  });

  it('records a refusal with its code, and applies only its own effects', () => {
    const { replies, bodies } = decide(envelope(command(() => ({ outcome: 'denied', problem: NO }))));
    expect(replies[0]).toMatchObject({ status: 409, event: { id: 1 } });
    expect(JSON.parse(replies[0]?.body ?? '')).toMatchObject({
      code: 'TEST.NO',
      event: { id: 1 },
      request_id: 'r',
      instance: '/x',
    });
    expect(bodies[0]).toMatchObject({ outcome: 'denied', payload: { denied: { code: 'TEST.NO', status: 409 } } });
  });

  it('records a rule that throws as failed, with no effect of it, and goes on', () => {
    const broken = command(() => {
      throw new Error('broken');
    });
    const misfit = command(() =>
      yes({}, { effects: [inserted(AGENTS, agent('x')), updated(AGENTS, { ...agent('y'), agent_id: 'b' })] }),
    );
    const { replies, bodies } = decide(
      envelope(broken),
      envelope(misfit),
      envelope(command((rows) => yes({ saw: rows.get(AGENTS, 'a') }))),
    );
    expect(replies.map((r) => r.status)).toEqual([500, 500, 200]);
    expect(bodies.map((b) => b['outcome'])).toEqual(['failed', 'failed', 'succeeded']);
    expect(JSON.parse(replies[2]?.body ?? '')).toMatchObject({ saw: null });
    expect(replies[0]?.body).not.toContain('broken');
    expect(faults).toHaveLength(2);
  });

  it('writes nothing for nothing to do, nor for a stranger', () => {
    const quiet = command(() => ({ outcome: 'nothing' }));
    const { replies, bodies } = decide(envelope(quiet), envelope(quiet, { caller: { kind: 'user', id: 'stranger' } }));
    expect(replies.map((r) => [r.status, r.event])).toEqual([
      [200, null],
      [401, null],
    ]);
    expect(bodies).toEqual([]);
  });

  it('records that a known caller was forbidden, without asking the rule', () => {
    const rule = command(() => {
      throw new Error('was asked');
    });
    const { replies, bodies } = decide(envelope(rule, { caller: { kind: 'user', id: 'guest' } }));
    expect(replies[0]?.status).toBe(403);
    expect(bodies).toMatchObject([{ outcome: 'denied', actor: { type: 'user', id: 'guest' } }]);
  });

  it('lets follow-ups of the system name their cause', () => {
    const followUp = command(() => yes(), { type: 'immune.quarantine' });
    const { bodies } = decide(envelope(command(() => ({ outcome: 'denied', problem: NO, followUps: [followUp] }))));
    expect(bodies[1]).toMatchObject({
      type: 'immune.quarantine',
      caused_by: 1,
      actor: { type: 'system', id: 'immune' },
    });
  });

  it('gives a rule the moment, the caller and the id of its event', () => {
    const seen: unknown[] = [];
    const rule = command((_, { now, principal, eventId, newId }) => {
      seen.push([now, principal.actor.id, eventId, newId()]);
      return yes();
    });
    decide(envelope(rule), envelope(rule, { caller: { kind: 'user', id: 'v' } }));
    expect(seen).toEqual([
      [NOW, 'u', 1, 'id'],
      [NOW, 'v', 2, 'id'],
    ]);
  });

  it('lets a decision name cause, subject and payload', () => {
    const subject = { type: 'agent', id: 'a' };
    const decision = yes({}, { causedBy: 7, subject, payload: { only: 'now' } });
    const plain = command(() => yes(), { subject: { type: 'x', id: 'y' }, payload: { p: 1 } });
    const { bodies } = decide(envelope(command(() => decision, { payload: { before: 1 } })), envelope(plain));
    expect(bodies).toMatchObject([
      { caused_by: 7, subject, payload: { only: 'now' } },
      { caused_by: null, subject: { type: 'x', id: 'y' }, payload: { p: 1 } },
    ]);
    expect(bodies[0]?.['payload']).toEqual({ only: 'now' });
  });

  it('applies the effects that a refusal has of its own, but none of one that was too many', () => {
    const refused = (description: string) =>
      command((rows) => {
        const row = agent(description);
        const effect = rows.get(AGENTS, 'a') ? updated(AGENTS, row) : inserted(AGENTS, row);
        return { outcome: 'denied', problem: NO, effects: [effect], causedBy: 5 };
      });
    const { bodies } = decide(...Array.from({ length: 61 }, (_, i) => envelope(refused(`refusal ${i + 1}`))));
    expect(bodies).toHaveLength(60);
    expect(bodies[59]).toMatchObject({ outcome: 'denied', caused_by: 5, effects: [{ op: 'update' }] });
    expect(state.get(AGENTS, 'a')).toMatchObject({ description: 'refusal 60' });
  });

  it('counts refusals by caller, those of the gate too', () => {
    const refused = command(() => ({ outcome: 'denied', problem: NO }));
    const guest = { caller: { kind: 'user', id: 'guest' } } as const;
    const { replies } = decide(...Array.from({ length: 61 }, () => envelope(refused, guest)), envelope(refused));
    expect(replies.map((r) => r.status).slice(59)).toEqual([403, 429, 409]);
  });

  it('records a follow-up that breaks as failed, and one with nothing to do not at all', () => {
    const broken = command(
      () => {
        throw new Error('broken');
      },
      { type: 'immune.quarantine' },
    );
    const misfit = command(() => yes({}, { effects: [updated(AGENTS, agent('x'))] }), { type: 'immune.other' });
    const quiet = command(() => ({ outcome: 'nothing' }), { type: 'immune.quiet' });
    const { replies, bodies } = decide(
      envelope(command(() => yes({}, { followUps: [broken, misfit, quiet] }))),
      envelope(command(() => yes())),
    );
    expect(replies.map((r) => [r.status, r.event?.id])).toEqual([
      [200, 1],
      [200, 4],
    ]);
    expect(bodies.map((b) => [b['type'], b['outcome'], b['caused_by']])).toEqual([
      ['test.do', 'succeeded', null],
      ['immune.quarantine', 'failed', 1],
      ['immune.other', 'failed', 1],
      ['test.do', 'succeeded', null],
    ]);
    expect(state.changes().flatMap((c) => [...c.inserts, ...c.updates])).toEqual([]);
    expect(faults).toHaveLength(2);
  });

  it('lets each follow-up name what it follows from, to any depth and one branch after the other', () => {
    const follower = (type: string, ...followUps: Command[]) => command(() => yes({}, { followUps }), { type });
    const tree = follower(
      'test.do',
      follower('immune.finding', follower('immune.quarantine', follower('actions.void'), follower('actions.expire'))),
      follower('metabolism.debt'),
    );
    const { replies, bodies } = decide(envelope(tree), envelope(command(() => yes())));
    expect(bodies.map((b) => [b['id'], b['type'], b['caused_by'], (b['actor'] as { id: string }).id])).toEqual([
      [1, 'test.do', null, 'u'],
      [2, 'immune.finding', 1, 'immune'],
      [3, 'immune.quarantine', 2, 'immune'],
      [4, 'actions.void', 3, 'actions'],
      [5, 'actions.expire', 3, 'actions'],
      [6, 'metabolism.debt', 1, 'metabolism'],
      [7, 'test.do', null, 'u'],
    ]);
    expect(replies.map((r) => r.event?.id)).toEqual([1, 7]);
  });

  it('does nothing that follows from a follow-up which broke, was refused, or had nothing to do', () => {
    const next = command(() => yes(), { type: 'immune.next' });
    const broken = command(
      () => {
        throw new Error('broken');
      },
      { type: 'immune.broken' },
    );
    const refused = command(() => ({ outcome: 'denied', problem: NO, followUps: [next] }), { type: 'immune.refused' });
    const quiet = command(() => ({ outcome: 'nothing' }), { type: 'immune.quiet' });
    const { bodies } = decide(envelope(command(() => yes({}, { followUps: [broken, refused, quiet] }))));
    expect(bodies.map((b) => [b['type'], b['outcome']])).toEqual([
      ['test.do', 'succeeded'],
      ['immune.broken', 'failed'],
    ]);
  });

  it.each([
    ['a rule', (asks: Command) => asks],
    ['a follow-up', (asks: Command) => command(() => yes({}, { followUps: [asks] }))],
    [
      'a follow-up of a refusal',
      (asks: Command) => command(() => ({ outcome: 'denied', problem: NO, followUps: [asks] })),
    ],
    ["a follow-up's follow-up", (asks: Command) => command(() => yes({}, { followUps: [wrapped(asks)] }))],
  ])('is given up as a whole where %s needs more rows: nothing of it is a fault or a decision', (_, within) => {
    const needs = [need(AGENTS, 'later')];
    const asks = command((rows) => {
      rows.require(needs);
      return yes({ saw: rows.get(AGENTS, 'later') });
    });
    const refused = command(() => ({ outcome: 'denied', problem: NO }));
    const batch = [...Array.from({ length: 59 }, () => envelope(refused)), envelope(within(asks))];
    for (let again = 0; again < 3; again += 1) {
      expect(() => decide(...batch)).toThrow(new RowsMissing(needs));
      denials.rewind();
    }
    expect(faults).toEqual([]);
    state = new WorkingSet();
    state.note({ table: AGENTS as never, by: 'agent_id', values: new Set(['later']) });
    state.load(AGENTS as never, 'agent_id', ['later'], []);
    const { replies } = decide(...batch);
    expect(replies.map((r) => r.status)).not.toContain(429);
    expect(replies.at(-1)?.event?.id).toBe(60);
  });

  it('gathers what all its rules lack; what breaks behind a gap is no fault, since it is decided again', () => {
    const [one, two] = [need(AGENTS, 'one'), need(AGENTS, 'two')];
    const asks = (missing: typeof one) =>
      command((rows) => {
        rows.require([missing]);
        return yes();
      });
    const broken = command(() => {
      throw new Error('it reads what the gap left out');
    });
    const huge = command(() => yes(), { payload: { x: 'x'.repeat(BODY_BYTES_MAX) } });
    const batch = [asks(one), broken, huge, asks(two)].map((each) => envelope(each));
    const caught: unknown[] = [];
    try {
      decide(...batch);
    } catch (error) {
      caught.push(error);
    }
    expect(caught).toEqual([expect.objectContaining({ needs: [one, two] })]);
    expect(caught[0]).toBeInstanceOf(RowsMissing);
    expect(faults).toEqual([]);
  });

  const insertion = { effects: [inserted(AGENTS, agent('x'))] };
  const huge = { x: 'x'.repeat(BODY_BYTES_MAX) };
  const BIG = 10n as unknown as number;

  it.each([
    ['a body above the limit', command(() => yes({}, insertion), { payload: huge }), BodyTooLargeError],
    ['a payload that is no JSON', command(() => yes({}, { ...insertion, payload: { x: BIG } })), Error],
    ['an answer that is no JSON', command(() => yes({ x: BIG }, insertion)), Error],
    [
      'an effect without a member',
      command(() => yes({}, { effects: [inserted(AGENTS, { agent_id: 'a' } as Agent)] })),
      Error,
    ],
    [
      'a follow-up above the limit',
      command(() => yes({}, { followUps: [command(() => yes({}, insertion), { payload: huge })] })),
      BodyTooLargeError,
    ],
  ])('is given up as a whole for %s, since its effects show already', (_, poisoned, error) => {
    expect(() => decide(envelope(command(() => yes())), envelope(poisoned))).toThrow(error);
  });

  it('records a broken command whose payload is too large without its payload', () => {
    const { replies, bodies } = decide(
      envelope(
        command(() => yes(), { payload: huge }),
        { broken: true },
      ),
    );
    expect(replies[0]).toMatchObject({ status: 500, event: { id: 1 } });
    expect(bodies).toMatchObject([{ outcome: 'failed', payload: {}, effects: [] }]);
  });

  it('answers 429 to the refusals above sixty a minute, and lets what succeeds pass', () => {
    const refused = command(() => ({ outcome: 'denied', problem: NO }));
    const { replies, bodies } = decide(
      ...Array.from({ length: 62 }, () => envelope(refused)),
      envelope(command(() => yes())),
    );
    expect(replies.map((r) => r.status).slice(58)).toEqual([409, 409, 429, 429, 200]);
    expect(replies[60]?.retryAfter).toBe(60);
    expect(bodies).toHaveLength(61);
  });

  it('records a submission that the database refused as failed', () => {
    const { replies, bodies } = decide(
      envelope(
        command(() => yes()),
        { broken: true },
      ),
    );
    expect(replies[0]?.status).toBe(500);
    expect(bodies).toMatchObject([{ outcome: 'failed', effects: [] }]);
  });
});

describe('an idempotency key', () => {
  const keyed = (submission: Command | Submission, fingerprint = 'f') =>
    envelope(submission, { idempotency: { key: 'k', fingerprint } });

  it('has one effect and one answer in one batch, and is kept without secrets', () => {
    const secretive = command(() => yes({ api_key: 'secret', x: 1 }, { status: 201, secrets: ['api_key'] }));
    const { replies, bodies } = decide(keyed(secretive), keyed(secretive));
    expect(bodies).toHaveLength(1);
    expect(JSON.parse(replies[0]?.body ?? '')).toMatchObject({ api_key: 'secret' });
    expect(JSON.parse(replies[1]?.body ?? '')).toMatchObject({ api_key: null, x: 1, event: { id: 1 } });
    expect(replies.map((r) => [r.status, r.replayed])).toEqual([
      [201, false],
      [201, true],
    ]);
    expect(ledger.additions).toHaveLength(1);
  });

  it('is refused for another request', () => {
    const { replies, bodies } = decide(
      keyed(command(() => yes())),
      keyed(
        command(() => yes()),
        'g',
      ),
    );
    expect(replies.map((r) => r.status)).toEqual([200, 422]);
    expect(bodies).toHaveLength(1);
  });

  it('does not keep what broke: it may be tried again', () => {
    const broken = command(() => {
      throw new Error('broken');
    });
    expect(decide(keyed(broken), keyed(command(() => yes()))).replies.map((r) => r.status)).toEqual([500, 200]);
  });

  it('keeps a refusal, but neither what was too many nor a command that had nothing to do', () => {
    const refused = command(() => ({ outcome: 'denied', problem: NO }));
    const once = (key: string, rule: Command) => envelope(rule, { idempotency: { key, fingerprint: 'f' } });
    const fill = Array.from({ length: 59 }, () => envelope(refused));
    const quiet = command(() => ({ outcome: 'nothing' }));
    const { replies } = decide(once('first', refused), ...fill, once('many', refused), once('quiet', quiet));
    expect(replies.at(-2)?.status).toBe(429);
    expect(ledger.additions.map((record) => record.status)).toEqual([409]);
    const again = decide(
      once(
        'first',
        command(() => yes()),
      ),
    ).replies[0];
    expect(again).toMatchObject({ status: 409, replayed: true, event: null, body: replies[0]?.body });
  });

  it('gives the answer again in a later batch, of the same caller only', () => {
    const rule = command(() => yes({ n: 1 }, { status: 201 }));
    const { replies } = decide(keyed(rule));
    ledger = new IdempotencyLedger(ledger.additions);
    const other = { ...keyed(rule), caller: { kind: 'user', id: 'v' } } as const;
    const later = decide(keyed(rule), other);
    expect(later.replies.map((r) => [r.status, r.replayed])).toEqual([
      [201, true],
      [201, false],
    ]);
    expect(later.replies[0]?.body).toBe(replies[0]?.body);
    expect(later.bodies).toHaveLength(1);
    expect(ledger.additions).toHaveLength(1);
  });

  it('answers no one whose key or account is void by now', () => {
    const guest = { caller: { kind: 'user', id: 'stranger' } } as const;
    ledger.keep(guest.caller, { key: 'k', fingerprint: 'f' }, 200, '{"old":true}', NOW);
    expect(decide({ ...keyed(command(() => yes())), ...guest }).replies[0]?.status).toBe(401);
  });

  it('is over after its time', () => {
    decide(keyed(command(() => yes({ n: 1 }))));
    const [kept] = ledger.additions as [IdempotencyRecord];
    const past = { ...kept, expiresAt: plusSeconds(NOW, -1) };
    ledger = new IdempotencyLedger([past]);
    expect(
      decide(
        keyed(
          command(() => yes({ n: 2 })),
          'other',
        ),
      ).replies[0],
    ).toMatchObject({ status: 200, replayed: false });
  });

  it('stands for each item of a batch by itself', () => {
    const item = (n: number, key: string) => ({
      command: command(() => yes({ n })),
      idempotency: { key, fingerprint: 'f' },
    });
    const batch = (...items: ReturnType<typeof item>[]) =>
      new Submission(items, (replies) => ({
        status: 200,
        body: JSON.stringify(replies.map((r) => [JSON.parse(r.body).n, r.replayed])),
      }));
    const { replies } = decide(envelope(batch(item(1, 'x'), item(2, 'y'), item(3, 'x'))));
    expect(JSON.parse(replies[0]?.body ?? '')).toEqual([
      [1, false],
      [2, false],
      [1, true],
    ]);
  });

  it('of a whole batch is kept once anything in it was decided', () => {
    const broken = command(() => {
      throw new Error('broken');
    });
    const batch = (...rules: Command[]) =>
      new Submission(
        rules.map((rule) => ({ command: rule })),
        (replies) => ({ status: 200, body: JSON.stringify(replies.map((r) => r.status)) }),
      );
    const fine = command(() => yes());
    expect(decide(keyed(batch(broken, broken))).replies[0]).toMatchObject({ status: 200, body: '[500,500]' });
    expect(ledger.additions).toEqual([]);
    expect(decide(keyed(batch(fine, broken))).replies[0]).toMatchObject({ body: '[200,500]', replayed: false });
    const again = decide(keyed(batch(fine, fine)));
    expect(again.replies[0]).toMatchObject({ body: '[200,500]', replayed: true });
    expect(again.bodies).toEqual([]);
  });

  it('that an item uses for something else is refused for that item alone', () => {
    const item = (fingerprint: string) => ({
      command: command(() => yes()),
      idempotency: { key: 'x', fingerprint },
    });
    const batch = new Submission([item('f'), item('g'), item('f')], (replies) => ({
      status: 200,
      body: JSON.stringify(replies.map((r) => [r.status, r.replayed])),
    }));
    const { replies, bodies } = decide(envelope(batch));
    expect(JSON.parse(replies[0]?.body ?? '')).toEqual([
      [200, false],
      [422, false],
      [200, true],
    ]);
    expect(bodies).toHaveLength(1);
  });
});
