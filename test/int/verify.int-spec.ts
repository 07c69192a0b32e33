import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Command } from '../../src/event-log/command.js';
import { canonicalJson } from '../../src/event-log/canonical.js';
import { eventHash } from '../../src/event-log/chain.js';
import { verifyDatabase, type VerificationOptions } from '../../src/event-log/verification/verify-log.js';
import { createClient } from '../../src/platform/database/client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { note, openSpine } from '../support/test-spine.js';

const EVENTS = 40;
const BAD = 17;

let database: TestDatabase;
let other: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  other = await createTestDatabase();
  const { spine, ...open } = openSpine(database.url);
  const execute = (command: Command) => open.execute(command);
  await execute(note('genesis'));
  await Promise.all(Array.from({ length: EVENTS - 1 }, (_, i) => execute(note(`note ${i}`))));
  await spine.close();
  client = createClient(database.url, 'migration');
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
  await other.drop();
});

type Tampering = string | [string, unknown[]];

/** Tampers as somebody who may do anything in the database, looks, and puts everything back. */
function afterTampering(...statements: Tampering[]): ReturnType<typeof verifyDatabase> {
  return lookAfter({}, statements);
}

async function lookAfter(
  options: VerificationOptions,
  statements: readonly Tampering[],
): ReturnType<typeof verifyDatabase> {
  await client.query('create table log_kept as table event_log');
  await client.query('create table head_kept as table log_head');
  await client.query('alter table event_log disable trigger all');
  try {
    for (const statement of statements) {
      const [sql, values] = typeof statement === 'string' ? [statement, []] : statement;
      const { rowCount } = await client.query(sql, values);
      if (rowCount === 0) throw new Error(`${sql} changed nothing`);
    }
    return await verifyDatabase(database.url, options);
  } finally {
    await client.query('truncate event_log');
    await client.query('insert into event_log table log_kept');
    await client.query('update log_head set (event_id, hash, range) = (select event_id, hash, range from head_kept)');
    await client.query('alter table event_log enable trigger all');
    await client.query('drop table log_kept, head_kept');
  }
}

/** The statement that gives an event another body with a hash that fits it. */
async function rewritten(id: number, change: (body: Record<string, unknown>) => object): Promise<[string, unknown[]]> {
  const { rows } = await client.query<{ body: string }>('select body from event_log where id = $1', [id]);
  const body = canonicalJson(change(JSON.parse(rows[0]?.body ?? '') as Record<string, unknown>) as never);
  return ['update event_log set body = $2, hash = $3 where id = $1', [id, body, eventHash(Buffer.from(body))]];
}

const broken = (event_id: number, reason: string) => ({ valid: false, first_break: { event_id, reason } });

describe('a verification', () => {
  it('finds nothing in a log that nobody touched, whole or in part', async () => {
    expect(await verifyDatabase(database.url)).toMatchObject({
      valid: true,
      events_checked: EVENTS,
      first_break: null,
    });
    expect(await verifyDatabase(database.url, { fromId: 5, toId: 9 })).toMatchObject({
      valid: true,
      events_checked: 5,
    });
    expect(await verifyDatabase(database.url, { fromId: 2, toId: 10_000 })).toMatchObject({
      valid: true,
      events_checked: EVENTS - 1,
    });
  });

  it('finds one changed byte of a body', async () => {
    const found = await afterTampering(
      `update event_log set body = replace(body, 'note 15', 'note 16') where id = ${BAD}`,
    );
    expect(found).toMatchObject(broken(BAD, 'the hash is not that of the body'));
    expect(found.events_checked).toBe(BAD - 1);
  });

  it('finds a body that was changed together with its hash, at the event after it', async () => {
    const found = await afterTampering(await rewritten(BAD, (body) => ({ ...body, payload: { text: 'other' } })));
    expect(found).toMatchObject(broken(BAD + 1, 'previous_hash is not the hash of the event before'));
  });

  it.each([
    ["{'", 'the body is not a JSON object'],
    ['[1]', 'the body is not a JSON object'],
    ['{"b":1, "a":2}', 'the body is not canonical (RFC 8785)'],
    ['{"a":1}', 'the body does not have exactly the members of an event'],
  ])('finds the body %s, whatever its hash', async (body, reason) => {
    const change: [string, unknown[]] = [
      'update event_log set body = $2, hash = $3 where id = $1',
      [BAD, body, eventHash(Buffer.from(body))],
    ];
    expect(await afterTampering(change)).toMatchObject(broken(BAD, reason));
  });

  it('finds a missing event, and two that changed places', async () => {
    expect(await afterTampering(`delete from event_log where id = ${BAD}`)).toMatchObject(
      broken(BAD, 'the event is missing'),
    );
    const swap = `update event_log e set body = o.body, hash = o.hash from event_log o
      where (e.id, o.id) in ((${BAD}, ${BAD + 1}), (${BAD + 1}, ${BAD}))`;
    expect(await afterTampering(swap)).toMatchObject(broken(BAD, 'previous_hash is not the hash of the event before'));
  });

  it.each([
    ['type', `'test.other'`],
    ['outcome', `'denied'`],
    ['actor_id', `'other'`],
    ['subject_id', 'null'],
    ['occurred_at', `occurred_at + interval '1 microsecond'`],
    ['request_id', `'other'`],
  ])('finds that the column %s is not what the body says', async (column, value) => {
    const found = await afterTampering(`update event_log set ${column} = ${value} where id = ${BAD}`);
    expect(found).toMatchObject(broken(BAD, `column ${column} is not what the body says`));
  });

  it('finds a time in a body that is none', async () => {
    const found = await afterTampering(await rewritten(EVENTS, (body) => ({ ...body, occurred_at: 'yesterday' })));
    expect(found).toMatchObject(broken(EVENTS, 'column occurred_at is not what the body says'));
  });

  it('finds a cut tail, also when the head was set back with it', async () => {
    const cut = `delete from event_log where id > ${BAD}`;
    expect(await afterTampering(cut)).toMatchObject(broken(BAD + 1, 'the event is missing'));
    const setBack = `update log_head set event_id = ${BAD}, hash = (select hash from event_log where id = ${BAD})`;
    await expect(afterTampering(cut, setBack)).resolves.toMatchObject({ valid: false });
  });

  it('finds events behind the head, and a head with another hash or range', async () => {
    expect(await afterTampering(`update log_head set event_id = ${BAD}`)).toMatchObject(
      broken(BAD + 1, 'the event lies behind the head of the log'),
    );
    expect(await afterTampering(`update log_head set hash = sha256('x')`)).toMatchObject(
      broken(EVENTS, "the head's hash is not that of the last event"),
    );
    const range = `update log_head set range = sha256('x') || substring(range from 33)`;
    expect(await afterTampering(range)).toMatchObject(
      broken(EVENTS, "the head's Merkle range is not that of the events"),
    );
  });

  it('names the first of several bad events, however its work is cut into ranges', async () => {
    const [early, late] = [`body = replace(body, 'note', 'nope')`, `body = '{'`];
    const both: Tampering[] = [
      `update event_log set ${late} where id in (${BAD + 1}, ${BAD + 9}, ${EVENTS})`,
      `update event_log set ${early} where id = ${BAD}`,
    ];
    for (const rangeIds of [1, 2, 7, BAD, EVENTS, 1_000]) {
      for (const depth of ['full', 'chain'] as const) {
        const found = await lookAfter({ rangeIds, depth }, both);
        expect(found).toMatchObject(broken(BAD, 'the hash is not that of the body'));
        expect(await verifyDatabase(database.url, { rangeIds, depth })).toMatchObject({ valid: true });
      }
    }
  });

  it('of hashes and links alone finds what breaks the chain, the order or the end', async () => {
    const swap = `update event_log e set body = o.body, hash = o.hash from event_log o
      where (e.id, o.id) in ((${BAD}, ${BAD + 1}), (${BAD + 1}, ${BAD}))`;
    const attacks: [Tampering, number, string][] = [
      [`update event_log set body = body || ' ' where id = ${BAD}`, BAD, 'the hash is not that of the body'],
      [
        await rewritten(BAD, (body) => ({ ...body, payload: {} })),
        BAD + 1,
        'previous_hash is not the hash of the event before',
      ],
      [`delete from event_log where id = ${BAD}`, BAD, 'the event is missing'],
      [swap, BAD, 'previous_hash is not the hash of the event before'],
      [`delete from event_log where id = ${EVENTS}`, EVENTS, 'the event is missing'],
    ];
    for (const [attack, id, reason] of attacks)
      expect(await lookAfter({ depth: 'chain' }, [attack])).toMatchObject(broken(id, reason));
  });

  it('raises no false alarm over an event with a long end, or one that quotes another event', async () => {
    const { spine, ...open } = openSpine(other.url);
    await open.execute(note('genesis'));
    await open.execute(note('é'.repeat(700)));
    await open.execute(note('quote', { payload: { previous_hash: 'a'.repeat(64), request_id: 'x', id: 7, v: 2 } }));
    await open.execute(note('end'));
    await spine.close();
    for (const depth of ['full', 'chain'] as const)
      expect(await verifyDatabase(other.url, { depth })).toMatchObject({ valid: true, events_checked: 4 });
  });

  it('cannot be fooled by a fork: the table takes none', async () => {
    const fork = `insert into event_log select ${EVENTS + 1}, ${EVENTS - 1}, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id
      from event_log where id = ${EVENTS}`;
    await expect(client.query(fork)).rejects.toThrow('event_log_follows');
    await expect(client.query(fork.replace(`${EVENTS + 1},`, `${EVENTS},`))).rejects.toThrow('event_log_pkey');
  });
});
