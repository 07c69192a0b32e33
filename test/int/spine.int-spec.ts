import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from '../../src/event-log/command.js';
import { inserted, updated } from '../../src/event-log/effect.js';
import { QUEUE_COMMANDS_MAX } from '../../src/event-log/spine.js';
import { tableOf } from '../../src/event-log/table.js';
import { need } from '../../src/event-log/working-set.js';
import { SubstrateState } from '../../src/organs/arbiter/entities/substrate-state.entity.js';
import { createClient } from '../../src/platform/database/client.js';
import { openCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.js';
import { walkLog } from '../support/log-check.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { note, openSpine, type TestSpine } from '../support/test-spine.js';

const STATE = tableOf(SubstrateState);

let database: TestDatabase;
let open: TestSpine;

beforeEach(async () => {
  database = await createTestDatabase();
  open = openSpine(database.url);
});

afterEach(async () => {
  await open.spine.close();
  await database.drop();
});

/** A command that inserts a row; `trigger: null` is what only the database finds out and refuses. */
function insertRow(id: string, trigger: string | null = 't'): Command {
  return note(id, {
    needs: [need(STATE, id)],
    decide: (_state, { now, eventId }) => {
      const row: SubstrateState = {
        id,
        current_state: 'observe',
        since: now,
        trigger: trigger as string,
        raised_by: 'genesis',
        event_id: eventId,
      };
      return { outcome: 'succeeded', answer: {}, effects: [inserted(STATE, row)] };
    },
  });
}

describe('the spine', () => {
  it('gives every command one event, in one chain, whatever comes at once', async () => {
    const replies = await Promise.all(Array.from({ length: 600 }, (_, i) => open.execute(note(`n${i}`))));
    expect(new Set(replies.map((r) => r.event?.id)).size).toBe(600);
    const { events, hashes } = await walkLog(database.url);
    expect(events).toBe(600);
    for (const { event } of replies) expect(hashes.get(event?.id ?? 0)).toBe(event?.hash);
  });

  it('records the one command that the database refuses as failed, and does the others of its batch', async () => {
    await open.execute(note('genesis'));
    const replies = await Promise.all(
      [insertRow('a'), insertRow('b', null), insertRow('c')].map((command) => open.execute(command)),
    );
    expect(replies.map((r) => r.status)).toEqual([200, 500, 200]);
    const { bodies } = await walkLog(database.url);
    expect(bodies.map((b) => [(b['subject'] as { id: string }).id, b['outcome']])).toEqual([
      ['genesis', 'succeeded'],
      ['a', 'succeeded'],
      ['b', 'failed'],
      ['c', 'succeeded'],
    ]);
    expect(open.faults).toHaveLength(1);
    expect(replies[1]?.body).not.toMatch(/null value|substrate_state/);
  });

  it('commits nothing when a row that it changes is not there', async () => {
    await open.execute(note('genesis'));
    await open.execute(insertRow('row'));
    const other = createClient(database.url, 'migration');
    await other.connect();
    await other.query('create function swallow() returns trigger language plpgsql as $$ begin return null; end $$');
    await other.query(
      'create trigger swallow before update on substrate_state for each row execute function swallow()',
    );
    await other.end();
    const change = note('change', {
      needs: [need(STATE, 'row')],
      decide: (state) => {
        const row = state.get(STATE, 'row');
        if (!row) throw new Error('the row was asked for and is there');
        return { outcome: 'succeeded', answer: {}, effects: [updated(STATE, { ...row, trigger: 'other' })] };
      },
    });
    expect((await open.execute(change)).status).toBe(500);
    expect((await walkLog(database.url)).bodies.map((b) => b['outcome'])).toEqual(['succeeded', 'succeeded', 'failed']);
  });

  it('answers 503 at once when too many wait, and nothing of it is done', async () => {
    const replies = await Promise.all(
      Array.from({ length: QUEUE_COMMANDS_MAX + 5 }, (_, i) => open.execute(note(`n${i}`))),
    );
    const refused = replies.filter((r) => r.status === 503);
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ retryAfter: 1, event: null });
    expect((await walkLog(database.url)).events).toBe(QUEUE_COMMANDS_MAX);
  });

  it('waits for a head that another replica holds, and says 503 when it holds it too long', async () => {
    const other = createClient(database.url, 'migration');
    await other.connect();
    await other.query('begin');
    await other.query('select * from log_head for update');
    const patient = open.execute(note('patient'));
    await new Promise((resolve) => setTimeout(resolve, 800));
    await other.query('commit');
    expect((await patient).status).toBe(200);

    await other.query('begin');
    await other.query('select * from log_head for update');
    expect(await open.execute(note('too late'))).toMatchObject({ status: 503, event: null });
    await other.query('commit');
    await other.end();
    expect((await walkLog(database.url)).events).toBe(1);
  });

  it('decides a batch anew, once, where a rule in its middle needs more rows: each event is there once', async () => {
    await open.execute(note('genesis'));
    await open.execute(insertRow('known'));
    const refused = note('refused', {
      decide: () => ({ outcome: 'denied', problem: { status: 409, code: 'TEST.NO', detail: 'no' } }),
    });
    const decisions = { first: 0, asks: 0 };
    const first = note('first', {
      decide: () => {
        decisions.first += 1;
        return { outcome: 'succeeded', answer: {}, effects: [] };
      },
    });
    const asks = note('asks', {
      decide: (state) => {
        decisions.asks += 1;
        state.require([need(STATE, 'known')]);
        state.require([need(STATE, 'absent')]);
        const saw = [state.get(STATE, 'known')?.trigger ?? null, state.get(STATE, 'absent')];
        return { outcome: 'succeeded', answer: { saw }, effects: [] };
      },
    });
    const replies = await Promise.all(
      [first, ...Array.from({ length: 60 }, () => refused), asks, insertRow('other'), refused].map((command) =>
        open.execute(command),
      ),
    );
    // Twice given up, once for each that was missing; a refusal that counted three times would be the twentieth too many.
    expect(decisions).toEqual({ first: 3, asks: 3 });
    expect(replies.map((r) => r.status)).toEqual([200, ...Array.from({ length: 60 }, () => 409), 200, 200, 429]);
    expect(JSON.parse(replies[61]?.body ?? '')).toMatchObject({ saw: ['t', null] });
    const { events, bodies } = await walkLog(database.url);
    expect(events).toBe(2 + 63);
    expect(bodies.filter((b) => b['outcome'] === 'denied')).toHaveLength(60);
    expect(open.faults).toEqual([]);
  });

  it('loads what all rules of a batch lack in one new attempt, not in one for each', async () => {
    await open.execute(note('genesis'));
    let decisions = 0;
    const first = note('first', {
      decide: () => {
        decisions += 1;
        return { outcome: 'succeeded', answer: {}, effects: [] };
      },
    });
    const asks = (id: string): Command =>
      note(id, {
        decide: (state) => {
          state.require([need(STATE, id)]);
          return { outcome: 'succeeded', answer: { saw: state.get(STATE, id) }, effects: [] };
        },
      });
    const many = Array.from({ length: 200 }, (_, i) => asks(`row ${i}`));
    const replies = await Promise.all([first, ...many].map((command) => open.execute(command)));
    expect(new Set(replies.map((r) => r.status))).toEqual(new Set([200]));
    expect(decisions).toBe(2);
    expect((await walkLog(database.url)).events).toBe(202);
    expect(open.faults).toEqual([]);
  });

  it('loads what a follow-up of a follow-up needs, and chains each to its cause', async () => {
    await open.execute(note('genesis'));
    await open.execute(insertRow('row'));
    const follower = (text: string, followUps: Command[], needs: string[] = []): Command =>
      note(text, {
        type: `test.${text}`,
        decide: (state) => {
          state.require(needs.map((id) => need(STATE, id)));
          const rows = needs.flatMap((id) => state.get(STATE, id) ?? []);
          const effects = rows.map((row) => updated(STATE, { ...row, trigger: text }));
          return { outcome: 'succeeded', answer: {}, effects, followUps };
        },
      });
    const inner = follower('inner', [follower('innermost', [], ['row'])], ['nobody']);
    const replies = await Promise.all(
      [note('before'), follower('outer', [inner, follower('sibling', [])]), note('after')].map((c) => open.execute(c)),
    );
    expect(replies.map((r) => r.event?.id)).toEqual([3, 4, 8]);
    const { bodies } = await walkLog(database.url);
    expect(bodies.slice(3, 7).map((b) => [b['type'], b['caused_by']])).toEqual([
      ['test.outer', null],
      ['test.inner', 4],
      ['test.innermost', 5],
      ['test.sibling', 4],
    ]);
    const reader = createClient(database.url, 'audit');
    await reader.connect();
    const { rows } = await reader.query('select trigger from substrate_state');
    await reader.end();
    expect(rows).toEqual([{ trigger: 'innermost' }]);
  });

  it('finishes what it accepted when it is closed, and takes no more', async () => {
    const accepted = Promise.all(Array.from({ length: 50 }, (_, i) => open.execute(note(`n${i}`))));
    await open.spine.close();
    expect((await accepted).every((r) => r.status === 200)).toBe(true);
    expect((await open.execute(note('late'))).status).toBe(503);
  });
});

describe('a spine whose connection breaks at the commit', () => {
  let proxy: CuttingProxy;
  let shaky: TestSpine;

  beforeEach(async () => {
    proxy = await openCuttingProxy(database.url);
    shaky = openSpine(proxy.url);
    await shaky.execute(note('genesis'));
  });

  afterEach(async () => {
    await shaky.spine.close();
    await proxy.close();
  });

  it('tells the truth when the commit was done and its answer lost', async () => {
    proxy.cutCommit('after');
    const reply = await shaky.execute(note('once'));
    const { events, hashes } = await walkLog(database.url);
    expect(reply).toMatchObject({ status: 200, event: { id: 2, hash: hashes.get(2) } });
    expect(events).toBe(2);
  });

  it('does it again when the commit never arrived, and once only', async () => {
    proxy.cutCommit('before');
    const reply = await shaky.execute(note('once'));
    expect(reply).toMatchObject({ status: 200, event: { id: 2 } });
    expect((await walkLog(database.url)).events).toBe(2);
  });

  it('counts a refusal once, however often its batch is tried', async () => {
    const refused = note('refused', {
      decide: () => ({ outcome: 'denied', problem: { status: 409, code: 'TEST.NO', detail: 'no' } }),
    });
    proxy.cutCommit('before');
    const replies = await Promise.all(Array.from({ length: 61 }, () => shaky.execute(refused)));
    expect(replies.map((r) => r.status)).toEqual([...Array.from({ length: 60 }, () => 409), 429]);
    expect((await walkLog(database.url)).events).toBe(61);
    expect(shaky.spine.suppressedDenials(true)).toMatchObject([{ count: 1 }]);
  });

  it('answers 503 while there is no database, and works again when there is', async () => {
    proxy.refuse(true);
    expect(await shaky.execute(note('away'))).toMatchObject({ status: 503, event: null });
    proxy.refuse(false);
    expect((await shaky.execute(note('back'))).status).toBe(200);
    expect((await walkLog(database.url)).events).toBe(2);
  });
});
