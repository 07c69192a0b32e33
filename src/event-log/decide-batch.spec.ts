import { beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from '../organs/agents/entities/agent.entity.js';
import { plusSeconds } from '../platform/time.js';
import { Submission, type Command, type Decision, type Reply } from './command.js';
import { decideBatch, type Envelope } from './decide-batch.js';
import { DenialMeter } from './denial-meter.js';
import { inserted, updated } from './effect.js';
import { Gate, type Admission } from './gate.js';
import { IdempotencyLedger, type IdempotencyRecord } from './idempotency.js';
import { tableOf } from './table.js';
import { WorkingSet } from './working-set.js';

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
  on_probation: false,
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
});
