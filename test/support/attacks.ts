import { generateKeyPairSync } from 'node:crypto';
import type pg from 'pg';
import { canonicalJson } from '../../src/event-log/canonical.js';
import { eventHash } from '../../src/event-log/chain.js';
import { checkpointText } from '../../src/event-log/note/checkpoint.js';
import { noteText, signatureLine } from '../../src/event-log/note/note.js';
import { signText, verifierKeyOf, type SigningKey } from '../../src/event-log/note/vkey.js';
import type { Finding } from '../../src/event-log/verification/findings.js';
import { recoveryPayload, rotationPayload } from '../../src/event-log/verification/succession.js';
import { createClient } from '../../src/platform/database/client.js';
import type { JsonObject, JsonValue } from '../../src/platform/json.js';
import { appended, checkpointOf, putHead, putLog, rechained, type Body } from './attacked-log.js';
import { RECEIPT_EVENT, type AttackScene } from './attack-scene.js';
import { copyDatabase, type TestDatabase } from './test-database.js';
import type { Verified } from './verifiers.js';

/** What somebody does to a database who may do everything in it, and what must be found of it. */
export interface Attack {
  readonly name: string;
  readonly act: (client: pg.Client, scene: AttackScene) => Promise<unknown>;
  /** The first finding, and others that must be among the rest. */
  readonly expected: (scene: AttackScene) => readonly Partial<Finding>[];
  /** It leaves no trace in the database: without anchors nothing is found. */
  readonly traceless?: boolean;
  /** Anchors of an auditor who kept less. */
  readonly anchors?: (scene: AttackScene) => readonly string[];
}

/** An event in the middle, which has a subject: an agent was updated. */
const EVENT = 12;
/** Two authorizations of other amounts. */
const [ONE, OTHER] = [8, 10];
/** Events that are left where nearly all are cut off: fewer than a receipt is of. */
const EARLY = 5;
/** Events at the end that changed no table. */
const REFUSALS = 4;
/** An event from which on history is written anew: an action that was refused. */
const FORK = 20;

/** A copy of the scene's database after an attack. */
export async function attackedDatabase(scene: AttackScene, attack: Attack): Promise<TestDatabase> {
  const database = await copyDatabase(scene.database.url);
  await asSuperuser(database.url, (client) => attack.act(client, scene));
  return database;
}

/** Lets somebody work in a database whom no trigger hinders. */
export async function asSuperuser(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = createClient(url, 'migration');
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    await work(client);
  } finally {
    await client.end();
  }
}

/** Options for the verifier: an attacked database, and what the auditor of this attack kept. */
export function optionsAfter(attack: Attack, url: string, scene: AttackScene): string[] {
  return ['--database', url, ...(attack.anchors?.(scene) ?? scene.anchors)];
}

/** What of an attack was not found as it must be, in words; null: all of it was. */
export function missedOf(
  attack: Pick<Attack, 'expected'>,
  scene: AttackScene,
  { status, report, stderr }: Verified,
): string | null {
  const [first, ...others] = attack.expected(scene);
  const findings = report?.findings ?? [];
  const isFound =
    status === 1 &&
    fits(findings[0], first) &&
    others.every((expected) => findings.some((finding) => fits(finding, expected)));
  return isFound ? null : `status ${status}, ${JSON.stringify(findings.slice(0, 3))} ${stderr}`;
}

function fits(finding: Finding | undefined, expected: Partial<Finding> | undefined): boolean {
  const members = Object.entries(expected ?? {});
  return finding !== undefined && members.every(([member, value]) => finding[member as keyof Finding] === value);
}

type Act = Attack['act'];

/** One statement, or several. */
const sql =
  (...statements: readonly string[]): Act =>
  (client) =>
    client.query(statements.join(';'));

const onEvent = (set: string): Act => sql(`update event_log set ${set} where id = ${EVENT}`);

/** The log as somebody makes it of what it was. */
const relog =
  (make: (log: AttackScene['log'], scene: AttackScene) => AttackScene['log']): Act =>
  (client, scene) =>
    client.query(NO_CHECK).then(() => putLog(client, make(scene.log, scene)));

const found =
  (kind: Finding['kind'], event_id: number): Attack['expected'] =>
  () => [{ kind, event_id }];

const NO_CHECK = 'alter table event_log drop constraint event_log_follows';

/** The same text with one bit of its first character flipped. */
const flipped = (column: string): string =>
  `${column} = overlay(${column} placing chr(ascii(${column}) # 1) from 1 for 1)`;

const flippedByte = (column: string): string => `${column} = set_byte(${column}, 5, get_byte(${column}, 5) # 1)`;

const BIT_FLIPS: Attack[] = [
  ...(
    [
      ['id', 'id = id # 1024', 'misplaced'],
      ['previous_event_id', 'previous_event_id = previous_event_id # 1', 'edited'],
      ['hash', flippedByte('hash'), 'edited'],
      ['body', `body = overlay(body placing chr(ascii(substr(body, 99)) # 1) from 99 for 1)`, 'edited'],
      ['type', flipped('type'), 'edited'],
      ['outcome', flipped('outcome'), 'edited'],
      ['actor_id', flipped('actor_id'), 'edited'],
      ['subject_id', flipped('subject_id'), 'edited'],
      ['occurred_at', `occurred_at = occurred_at + interval '1 microsecond'`, 'edited'],
      ['request_id', flipped('request_id'), 'edited'],
    ] as const
  ).map(([column, set, kind]) => ({
    name: `bit flip in event_log.${column}`,
    act: sql(NO_CHECK, `update event_log set ${set} where id = ${EVENT}`),
    expected: found(kind, EVENT),
  })),
  ...(
    [
      ['singleton', 'singleton = not singleton'],
      ['event_id', 'event_id = event_id # 1'],
      ['hash', flippedByte('hash')],
      ['range', flippedByte('range')],
    ] as const
  ).map(([column, set]) => ({
    name: `bit flip in log_head.${column}`,
    act: sql('alter table log_head drop constraint log_head_single', `update log_head set ${set}`),
    expected: headReset,
  })),
];

function headReset({ log }: AttackScene): Partial<Finding>[] {
  return [{ kind: 'head_reset', event_id: log.length }];
}

/** Values that no honest column has, on which a careless verifier would break instead of telling. */
const NO_VALUES: Attack[] = [
  ...['hash', 'body', 'type', 'occurred_at'].map((column) => ({
    name: `null in event_log.${column}`,
    act: sql(
      `alter table event_log alter ${column} drop not null`,
      `update event_log set ${column} = null where id = ${EVENT}`,
    ),
    expected: found('edited', EVENT),
  })),
  {
    name: 'null in log_head.range',
    act: sql('alter table log_head alter range drop not null', 'update log_head set range = null'),
    expected: headReset,
  },
  { name: 'no head', act: sql('delete from log_head'), expected: headReset },
  {
    name: 'infinity in event_log.occurred_at',
    act: onEvent(`occurred_at = 'infinity'`),
    expected: found('edited', EVENT),
  },
  {
    name: 'a fraction of a nano in limits',
    act: sql(`update limits set limit_nano = limit_nano + 0.5 where scope_id = 'agent:busy'`),
    expected: (scene) => [{ kind: 'row_changed', table: 'limits', key: scene.firstKeyOf('limit') }],
  },
  {
    name: 'not a number in limits',
    act: sql(`update limits set base_nano = 'NaN' where scope_id = 'agent:busy'`),
    expected: (scene) => [{ kind: 'row_changed', table: 'limits', key: scene.firstKeyOf('limit') }],
  },
  {
    name: 'infinity in agents',
    act: sql(`update agents set status_since = 'infinity' where agent_id = 'busy'`),
    expected: () => [{ kind: 'row_changed', table: 'agents', key: 'busy' }],
  },
];

const DELETIONS: Attack[] = [
  {
    name: 'a middle row deleted',
    act: sql(`delete from event_log where id = ${EVENT}`),
    expected: found('misplaced', EVENT),
  },
  { name: 'the first row deleted', act: sql('delete from event_log where id = 1'), expected: found('misplaced', 1) },
  {
    name: 'the last row deleted',
    act: sql('delete from event_log where id = (select max(id) from event_log)'),
    expected: ({ log }) => [{ kind: 'truncated', event_id: log.length }],
  },
  {
    name: 'the tail cut, the head reset',
    act: (client, { log }) => putLog(client, log.slice(0, -REFUSALS)),
    expected: ({ log }) => [{ kind: 'truncated', event_id: log.length - REFUSALS + 1 }],
    traceless: true,
  },
  { name: 'the whole log deleted', act: (client) => putLog(client, []), expected: found('truncated', 1) },
  {
    name: 'everything deleted',
    act: async (client) => {
      await putLog(client, []);
      for (const { table } of TABLES) await client.query(`delete from ${table}`);
      await client.query('delete from cost_rollups');
    },
    expected: found('truncated', 1),
    traceless: true,
  },
  {
    name: 'the head reset alone',
    act: (client, { log }) => putHead(client, log.slice(0, EVENT)),
    expected: headReset,
  },
  { name: 'a second head', act: sql(...secondHead()), expected: headReset },
];

function secondHead(): string[] {
  return [
    'alter table log_head drop constraint log_head_single',
    'insert into log_head (singleton, event_id, hash, range) select false, event_id, hash, range from log_head',
  ];
}

/** Gives events other ids: first negative ones, so that none is in the way of another. */
const renumber = (id: string, where: string): string =>
  `update event_log set id = -(${id}), previous_event_id = ${id} - 1 where ${where}; update event_log set id = -id where id < 0`;

/** An event with another body and the hash of it. */
function rehashed(event: AttackScene['log'][number], change: (body: Body) => void): AttackScene['log'][number] {
  const body = JSON.parse(event.body) as Body;
  change(body);
  const text = canonicalJson(body);
  return { id: event.id, body: text, hash: eventHash(Buffer.from(text)) };
}

const MOVES: Attack[] = [
  {
    name: 'two events swap their ids',
    act: sql(NO_CHECK, renumber(`${2 * EVENT + 1} - id`, `id in (${EVENT}, ${EVENT + 1})`)),
    expected: found('relinked', EVENT),
  },
  {
    name: 'payloads swapped between two events',
    act: (client, { log }) => {
      const [one, other] = [ONE, OTHER].map((id) => log[id - 1]?.body ?? '');
      const [mine = '', yours = ''] = [one, other].map(
        (body) => /"payload":\{[^]*\},"previous_event_id"/.exec(body ?? '')?.[0] ?? '',
      );
      const put = (id: number, from: string, to: string) =>
        client.query('update event_log set body = replace(body, $2, $3) where id = $1', [id, from, to]);
      return put(ONE, mine, yours).then(() => put(OTHER, yours, mine));
    },
    expected: found('edited', ONE),
  },
  {
    name: 'an event inserted and backdated',
    act: async (client, { log }) => {
      const before = log[FORK - 2]?.hash.toString('hex') ?? null;
      await client.query(`${NO_CHECK}; ${renumber('id + 1', `id >= ${FORK}`)}`);
      const [event] = log.slice(FORK - 1, FORK);
      const inserted = event && rehashed(event, (body) => (body['previous_hash'] = before));
      const body = inserted && rehashed(inserted, (b) => (b['request_id'] = 'never'));
      await client.query(
        `insert into event_log select id - 1, id - 2, $2, $3, type, outcome, actor_id, subject_id, occurred_at, 'never'
         from event_log where id = $1`,
        [FORK + 1, body?.hash, body?.body],
      );
    },
    expected: ({ firstAnchorFrom }) =>
      firstAnchorFrom(FORK) === FORK
        ? [{ kind: 'rewritten', event_id: FORK }]
        : [{ kind: 'relinked', event_id: FORK + 1 }],
  },
  {
    name: 'an event before the first',
    act: sql(
      NO_CHECK,
      `insert into event_log select 0, null, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id
       from event_log where id = 1`,
    ),
    expected: found('misplaced', 0),
  },
  {
    name: 'an event without a place',
    act: sql(
      'alter table event_log drop constraint event_log_pkey, drop constraint event_log_follows',
      'alter table event_log alter id drop not null',
      `insert into event_log select null, previous_event_id, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id
       from event_log where id = ${EVENT}`,
    ),
    expected: ({ log }) => [{ kind: 'misplaced', event_id: log.length + 1 }],
  },
  {
    name: 'the last event duplicated',
    act: async (client, { log }) => {
      await client.query(
        `insert into event_log select id + 1, id, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id
         from event_log where id = $1`,
        [log.length],
      );
      await putHead(client, [...log, ...log.slice(-1)]);
    },
    expected: ({ log }) => [{ kind: 'relinked', event_id: log.length + 1 }],
  },
];

/** Another text in a payload of one event, and everything behind it made to fit. */
export const anotherHistory = (log: AttackScene['log'], from = FORK): AttackScene['log'] =>
  rechained(log, from, (body) => {
    if (body['id'] === from) body['payload'] = { ...(body['payload'] as Body), mark: 'another history' };
  });

const rewritten =
  (id: number): Attack['expected'] =>
  ({ firstAnchorFrom }) => [{ kind: 'rewritten', event_id: firstAnchorFrom(id) }];

const otherKey = (origin: string): string => verifierKeyOf(generateKeyPairSync('ed25519').privateKey, origin).text;

const withGenesis = (log: AttackScene['log'], change: Body): AttackScene['log'] =>
  rechained(log, 1, (body) => {
    if (body['id'] === 1) body['payload'] = { ...(body['payload'] as Body), ...change };
  });

const REWRITINGS: Attack[] = [
  {
    name: 'the suffix rewritten',
    act: relog((log) => anotherHistory(log)),
    expected: rewritten(FORK),
    traceless: true,
  },
  {
    name: 'the suffix rewritten, with its end cut off',
    act: relog((log) => anotherHistory(log).slice(0, -REFUSALS)),
    expected: rewritten(FORK),
    traceless: true,
  },
  {
    name: 'the whole log rewritten',
    act: relog((log) => withGenesis(log, { mark: 'another beginning' })),
    expected: rewritten(1),
    traceless: true,
  },
  {
    name: 'an event rewritten of which somebody has the receipt alone',
    act: relog((log) => anotherHistory(log, RECEIPT_EVENT)),
    expected: found('rewritten', RECEIPT_EVENT),
    traceless: true,
    anchors: ({ keyFile, receiptFile }) => ['--vkey', keyFile, '--receipt', receiptFile],
  },
  {
    name: 'the whole log rewritten under another key',
    act: relog((log, { key }) => withGenesis(log, { vkey: otherKey(key.verifier.name) })),
    expected: rewritten(1),
    traceless: true,
  },
  {
    name: 'another key, and an end before anything that was kept',
    act: relog((log, { key }) => withGenesis(log, { vkey: otherKey(key.verifier.name) }).slice(0, EARLY)),
    expected: found('substituted', 1),
    anchors: ({ keyFile, lastCheckpointFile }) => ['--vkey', keyFile, '--checkpoint', lastCheckpointFile],
  },
  {
    name: 'an end before an event of which somebody has the receipt',
    act: relog((log) => log.slice(0, EARLY)),
    expected: found('truncated', EARLY + 1),
    anchors: ({ keyFile, receiptFile }) => ['--vkey', keyFile, '--receipt', receiptFile],
  },
  {
    name: 'the log of somebody else',
    act: relog((log) => withGenesis(log, { origin: 'other.example/log', vkey: otherKey('other.example/log') })),
    expected: found('substituted', 1),
    traceless: true,
  },
];

/** The text of a body in whose payload members stand in another order. */
function outOfOrder(body: Body): string {
  return canonicalJson({ ...body, payload: { a: 1, b: 2 } }).replace('{"a":1,"b":2}', '{"b":2,"a":1}');
}

/** The text of a body with a lone surrogate, which JSON can escape and UTF-8 cannot write. */
function halfCharacter(body: Body): string {
  return canonicalJson({ ...body, payload: { a: 'x' } }).replace('"a":"x"', '"a":"\\ud800"');
}

/** The text of a body in which two members are one. */
function runTogether({ actor = null, caused_by: causedBy = null, ...body }: Body): string {
  return canonicalJson({ ...body, 'actor,caused_by': [actor, causedBy] });
}

/** Texts that no honest writer makes, in a chain that holds: what whoever writes the log could try. */
const MALFORMED: Attack[] = (
  [
    ['a body that is not canonical', (body: Body) => `${canonicalJson(body).slice(0, -1)} }`, 'edited'],
    ['a body that is no object', (body: Body) => JSON.stringify([canonicalJson(body)]), 'edited'],
    ['a further member', (body: Body) => canonicalJson({ ...body, w: 1 }), 'edited'],
    ['another format version', (body: Body) => canonicalJson({ ...body, v: 2 }), 'edited'],
    ['a wrong previous_hash', (body: Body) => canonicalJson({ ...body, previous_hash: '00'.repeat(32) }), 'relinked'],
    ['another id in the body', (body: Body) => canonicalJson({ ...body, id: EVENT + 1 }), 'misplaced'],
    ['another previous_event_id', (body: Body) => canonicalJson({ ...body, previous_event_id: 1 }), 'misplaced'],
    ['members out of order', outOfOrder, 'edited'],
    ['half a character', halfCharacter, 'edited'],
    ['effects that are no list', (body: Body) => canonicalJson({ ...body, effects: {} }), 'edited'],
    ['effects that are no objects', (body: Body) => canonicalJson({ ...body, effects: [null] }), 'edited'],
    ['an actor that is nobody', (body: Body) => canonicalJson({ ...body, actor: null }), 'edited'],
  ] as const
).map(([name, write, kind]) => ({
  name,
  act: relog((log) =>
    rechained(
      log,
      EVENT,
      () => undefined,
      (body) => (body['id'] === EVENT ? write(body) : canonicalJson(body)),
    ),
  ),
  expected: found(kind, EVENT),
}));

const FIRST_EVENTS: Attack[] = [
  {
    name: 'another first event',
    act: relog((log) =>
      rechained(log, 1, (body) => {
        if (body['id'] === 1) body['type'] = 'test.note';
      }),
    ),
    expected: found('edited', 1),
  },
];

/** Events behind the last one that each hold by themselves, and must not stand there. */
const afterLast = ({ log }: AttackScene) => log.length + 1;

const substrate = (name: string, type: string, payload: (scene: AttackScene) => JsonValue): Attack => ({
  name,
  act: relog((log, scene) => {
    const longer = appended(log, { type, payload: {} });
    return rechained(longer, longer.length, (body) => (body['payload'] = payload(scene)));
  }),
  expected: (scene) => [{ kind: 'substituted', event_id: afterLast(scene) }],
});

const newKey = (origin: string): SigningKey => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, verifier: verifierKeyOf(privateKey, origin) };
};

/** A rotation that only one of both keys has signed. */
function halfSigned({ key }: AttackScene, which: 0 | 1): JsonObject {
  const payload = rotationPayload(key, newKey(key.verifier.name)) as { readonly rotation: string };
  const [text = '', signatures = ''] = payload.rotation.split('\n\n');
  const line = signatures.trimEnd().split('\n')[which] ?? '';
  return { ...payload, rotation: `${text}\n\n${line}\n` };
}

/** A checkpoint of another log with as many events, signed by the log's key. */
function madeUp({ key, log }: AttackScene, size = log.length): string {
  const text = checkpointText({ origin: key.verifier.name, size, root: eventHash(Buffer.from('made up')) });
  return noteText({ text, signatures: [signText(text, key)] });
}

const SUCCESSIONS: Attack[] = [
  substrate('a key that takes over by itself', 'substrate.rotate_key', (scene) => halfSigned(scene, 1)),
  substrate('a key that is made to take over', 'substrate.rotate_key', (scene) => halfSigned(scene, 0)),
  substrate('a key of another name', 'substrate.rotate_key', ({ key }) =>
    rotationPayload(key, newKey('other.example/log')),
  ),
  substrate('a key that takes over with a signature of something else', 'substrate.rotate_key', ({ key, log }) => {
    const to = newKey(key.verifier.name);
    const note = checkpointOf(log, key);
    const text = note.slice(0, note.indexOf('\n\n') + 1);
    return { vkey: to.verifier.text, rotation: note + signatureLine(signText(text, to)) };
  }),
  substrate('a key that takes over without a word', 'substrate.rotate_key', () => null),
  substrate('a loss without a word', 'substrate.recover', () => null),
  substrate('a loss that only a stranger signed', 'substrate.recover', ({ key, log }) => {
    const stranger = newKey(key.verifier.name);
    const gone = [...log, ...log.slice(-1)];
    return recoveryPayload(EVENT, checkpointOf(gone, stranger), checkpointOf(log, stranger));
  }),
  substrate('a loss behind another log', 'substrate.recover', (scene) =>
    recoveryPayload(EVENT, madeUp(scene, scene.log.length + 5), madeUp(scene)),
  ),
];

/** Losses that the log's key signed, so that they may stand in the log: they excuse no more than they say. */
const EXCUSES: Attack[] = [
  {
    name: 'a loss that hides what was rewritten before it',
    act: relog((log, scene) => {
      const other = anotherHistory(log);
      const lost = madeUp(scene, log.length + 5);
      return appended(other, {
        type: 'substrate.recover',
        payload: recoveryPayload(log.length, lost, checkpointOf(other, scene.key)),
      });
    }),
    expected: rewritten(FORK),
    traceless: true,
  },
  {
    name: 'a loss of more than it says',
    act: relog((log, scene) => {
      const left = log.slice(0, -REFUSALS);
      const payload = recoveryPayload(FORK, madeUp(scene, left.length + 2), checkpointOf(left, scene.key));
      return appended(left, { type: 'substrate.recover', payload });
    }),
    expected: ({ log }) => [{ kind: 'truncated', event_id: log.length - REFUSALS + 2 }],
    traceless: true,
  },
];

const unfit = (name: string, effect: (scene: AttackScene) => JsonValue): Attack => ({
  name: `an effect that does not fit: ${name}`,
  act: relog((log, scene) => appended(log, { type: 'test.note', payload: {}, effects: [effect(scene)] })),
  expected: (scene) => [{ kind: 'unfit_effect', event_id: afterLast(scene) }],
});

const UNFIT: Attack[] = [
  unfit('made twice', () => ({ entity: 'agent', id: 'busy', op: 'insert', after: {} })),
  unfit('changed before it was made', () => ({ entity: 'agent', id: 'nobody', op: 'update', after: {} })),
  unfit('no such table', () => ({ entity: 'nothing', id: 'x', op: 'insert', after: {} })),
  unfit('no row', () => ({ entity: 'agent', id: 'nobody', op: 'insert' })),
  unfit('a ledger row changed', ({ firstKeyOf }) => {
    return { entity: 'ledger_entry', id: firstKeyOf('ledger_entry'), op: 'update', after: {} };
  }),
];

/** Moves of characters across a boundary, so that what stands side by side stays the same text. */
const BOUNDARIES: Attack[] = [
  {
    name: 'a character moved between two members of a body',
    act: onEvent(`body = replace(body, '"busy","type":"agent"', '"busyagent","type":""')`),
    expected: found('edited', EVENT),
  },
  {
    name: 'a character moved between two columns',
    act: onEvent(`type = left(type, -1), outcome = right(type, 1) || outcome`),
    expected: found('edited', EVENT),
  },
  {
    name: 'a character moved between two bodies',
    act: sql(
      `update event_log set body = right((select body from event_log where id = ${EVENT}), 1) || body where id = ${EVENT + 1}`,
      `update event_log set body = left(body, -1) where id = ${EVENT}`,
    ),
    expected: found('edited', EVENT),
  },
  {
    name: 'a byte moved between two hashes',
    act: sql(
      `update event_log set hash = substr((select hash from event_log where id = ${EVENT}), 32) || hash where id = ${EVENT + 1}`,
      `update event_log set hash = substr(hash, 1, 31) where id = ${EVENT}`,
    ),
    expected: found('edited', EVENT),
  },
];

/** Tables that follow from the log: how to find a row of each, what to change in it, and what a row needs that nobody made. */
const TABLES = [
  { table: 'cost_ledger', entity: 'ledger_entry', key: 'id', set: 'amount_nano = amount_nano - 1', added: {} },
  { table: 'limits', entity: 'limit', key: 'id', set: 'limit_nano = limit_nano + 1', added: {} },
  { table: 'accounts', entity: 'account', key: 'scope_id', set: `balances = '{}'`, added: {} },
  { table: 'scopes', entity: 'scope', key: 'id', set: `parent_id = 'elsewhere'`, added: {} },
  { table: 'holds', entity: 'hold', key: 'action_id', set: `status = 'voided'`, added: {} },
  { table: 'agents', entity: 'agent', key: 'agent_id', set: `status = 'terminated'`, added: {} },
  { table: 'agent_keys', entity: 'agent_key', key: 'key_id', set: `expires_at = 'infinity'`, added: {} },
  { table: 'quarantined_agents', entity: 'quarantine', key: 'id', set: 'evidence = array[1]::bigint[]', added: {} },
  { table: 'users', entity: 'user', key: 'id', set: `roles = roles || '{auditor}'`, added: { username: 'eve' } },
  { table: 'substrate_state', entity: 'state', key: 'id', set: `current_state = 'lockdown'`, added: {} },
  { table: 'state_policies', entity: 'state_policy', key: 'state', set: `may_act = '{}'`, added: {} },
  {
    table: 'immune_policies',
    entity: 'immune_policy',
    key: 'id',
    set: `mode = 'off'`,
    added: { scope: 'agent:eve' },
  },
  { table: 'immune_findings', entity: 'immune_finding', key: 'id', set: `mode = 'shadow'`, added: { event_id: 0 } },
  { table: 'observations', entity: 'observation', key: 'id', set: `severity = 'info'`, added: { event_id: 0 } },
  { table: 'sensor_series', entity: 'sensor_series', key: 'agent_id', set: `series = '{}'`, added: {} },
  {
    table: 'escalations',
    entity: 'escalation',
    key: 'id',
    set: `approvals = '[{"user_id":"eve"}]', status = 'approved'`,
    added: {},
  },
  {
    table: 'approval_policies',
    entity: 'approval_policy',
    key: 'id',
    set: 'approvals_needed = 0',
    added: { action_type: 'eve.*' },
  },
  { table: 'stop_orders', entity: 'stop_order', key: 'id', set: `status = 'confirmed'`, added: {} },
] as const;

/** A key that no row has, of a type that any key column takes. */
const NOBODY = '00000000-0000-7000-8000-000000000000';

const MANY_ROWS: Attack = {
  name: 'more rows of cost_ledger without an event than are told',
  act: sql(
    `insert into cost_ledger
     select gen_random_uuid(), event_id, agent_id, action_id, cost_type, amount_nano, unit, occurred_at, booked_at,
            estimated, scopes, model, pricing, corrects
     from (select * from cost_ledger limit 1) one, generate_series(1, 6000)`,
  ),
  expected: () => [{ kind: 'row_added', table: 'cost_ledger' }],
};

const SUMS: Attack = {
  name: 'a sum of the ledger edited',
  act: sql(`update cost_rollups set amount_nano = amount_nano - 1 where grain = 'day'`),
  expected: () => [{ kind: 'row_changed', table: 'cost_rollups' }],
};

const ROWS: Attack[] = TABLES.flatMap(({ table, entity, key, set, added }) => [
  {
    name: `a row of ${table} edited`,
    act: (client, scene) => client.query(`update ${table} set ${set} where ${key} = $1`, [scene.firstKeyOf(entity)]),
    expected: (scene) => [{ kind: 'row_changed', table, key: scene.firstKeyOf(entity) }],
  },
  {
    name: `a row of ${table} without an event, and an event without its row`,
    act: async (client, scene) => {
      const values = JSON.stringify({ ...added, [key]: NOBODY });
      const first = [scene.firstKeyOf(entity)];
      await client.query(
        `insert into ${table} select (jsonb_populate_record(t, '${values}')).* from ${table} t where ${key} = $1`,
        first,
      );
      await client.query(`delete from ${table} where ${key} = $1`, first);
    },
    expected: (scene) => [
      { kind: 'row_added', table, key: NOBODY },
      { kind: 'row_removed', table, key: scene.firstKeyOf(entity) },
    ],
  },
]);

const unguarded = (
  name: string,
  table: string | undefined,
  key: string | undefined,
  ...statements: string[]
): Attack => ({
  name,
  act: sql(...statements),
  expected: () => [
    { kind: 'unguarded', ...(table === undefined ? {} : { table }), ...(key === undefined ? {} : { key }) },
  ],
});

const LOG_TRIGGER = ['event_log', 'event_log_append_only'] as const;

const GUARDS: Attack[] = [
  unguarded('a trigger switched off', ...LOG_TRIGGER, 'alter table event_log disable trigger event_log_append_only'),
  unguarded('all triggers switched off', ...LOG_TRIGGER, 'alter table event_log disable trigger all'),
  unguarded(
    'a trigger for replicas alone',
    ...LOG_TRIGGER,
    'alter table event_log enable replica trigger event_log_append_only',
  ),
  unguarded(
    'a trigger dropped',
    'cost_ledger',
    'cost_ledger_append_only',
    'drop trigger cost_ledger_append_only on cost_ledger',
  ),
  unguarded(
    'a trigger that fires at less',
    ...LOG_TRIGGER,
    'drop trigger event_log_append_only on event_log',
    'create trigger event_log_append_only before delete on event_log for each row execute function refuse_change()',
  ),
  unguarded(
    'a trigger that fires never',
    ...LOG_TRIGGER,
    'drop trigger event_log_append_only on event_log',
    'create trigger event_log_append_only before update or delete on event_log for each row when (false) execute function refuse_change()',
  ),
  unguarded(
    'a trigger for one column',
    ...LOG_TRIGGER,
    'drop trigger event_log_append_only on event_log',
    'create trigger event_log_append_only before update of id or delete on event_log for each row execute function refuse_change()',
  ),
  unguarded(
    'a function that refuses nothing',
    ...LOG_TRIGGER,
    'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return new; end $$',
  ),
  unguarded(
    'a trigger of somebody else',
    'limits',
    'later',
    'create function later() returns trigger language plpgsql as $$ begin return null; end $$',
    'create trigger later before update on limits for each row execute function later()',
  ),
  unguarded('a rule', 'limits', undefined, 'create rule deaf as on update to limits do instead nothing'),
  unguarded('row level security', 'event_log', undefined, 'alter table event_log enable row level security'),
  unguarded(
    'rows in a table that inherits',
    'event_log',
    undefined,
    'create table event_log_more () inherits (event_log)',
  ),
  unguarded(
    'a table that stands before ours',
    'limits',
    undefined,
    'create schema other',
    'create table other.limits as table limits',
  ),
  {
    name: 'the honest log before the one that is used',
    act: sql(
      'create schema authorization current_user',
      `do $$ begin execute format('create table %I.event_log as table event_log', current_user); end $$`,
      `update public.event_log set outcome = 'denied' where id = ${EVENT}`,
    ),
    expected: () => [
      { kind: 'edited', event_id: EVENT },
      { kind: 'unguarded', table: 'event_log' },
    ],
  },
  unguarded(
    'a view in the place of a table',
    'limits',
    undefined,
    'alter table limits rename to kept',
    'create view limits as table kept',
  ),
  {
    name: 'triggers switched off by a setting',
    act: sql(
      `do $$ begin execute format('alter database %I set session_replication_role = replica', current_database()); end $$`,
    ),
    expected: () => [{ kind: 'unguarded' }],
  },
  {
    name: 'TRUNCATE of event_log',
    act: sql('truncate event_log'),
    expected: found('truncated', 1),
  },
  {
    name: 'TRUNCATE of cost_ledger',
    act: sql('truncate cost_ledger'),
    expected: (scene) => [{ kind: 'row_removed', table: 'cost_ledger', key: scene.firstKeyOf('ledger_entry') }],
  },
];

/** Lets an index miss what happens meanwhile. */
const behindIndex = (index: string, ...statements: readonly string[]): Act => {
  const ready = (is: boolean) => `update pg_index set indisready = ${is} where indexrelid = '${index}'::regclass`;
  // One by one: a session learns of it with the next statement.
  return async (client) => {
    for (const statement of [ready(false), ...statements, ready(true)]) await client.query(statement);
  };
};

const damaged = (table: string, key: string) => () => [{ kind: 'index_damage', table, key }] as const;

const INDEXES: Attack[] = [
  {
    name: 'an event that an index does not know',
    act: behindIndex(
      'event_log_actor',
      `create temp table moved as select * from event_log where id = ${EVENT}`,
      `delete from event_log where id = ${EVENT}`,
      'insert into event_log select * from moved',
    ),
    expected: damaged('event_log', 'event_log_actor'),
  },
  {
    name: 'a refusal that a partial index does not know',
    act: behindIndex(
      'event_log_refused',
      `create temp table moved as select * from event_log where id = ${FORK}`,
      `delete from event_log where id = ${FORK}`,
      'insert into event_log select * from moved',
    ),
    expected: damaged('event_log', 'event_log_refused'),
  },
  {
    name: 'a ledger row that an index does not know',
    act: behindIndex(
      'cost_ledger_agent',
      'create temp table moved as select * from cost_ledger order by id limit 1',
      'delete from cost_ledger where id = (select id from moved)',
      'insert into cost_ledger select * from moved',
    ),
    expected: damaged('cost_ledger', 'cost_ledger_agent'),
  },
  {
    name: 'a ledger row that an index knows by another name',
    act: async (client) => {
      const live = (is: boolean) =>
        `update pg_index set indislive = ${is} where indexrelid = 'cost_ledger_agent'::regclass`;
      const rename = `update cost_ledger set agent_id = $1 where agent_id = $2`;
      await client.query(rename, ['nobody', 'late']);
      await client.query(live(false));
      // The session learns of it: nothing keeps the update from staying behind the old entry of the index.
      await client.query('alter table cost_ledger set (fillfactor = 99)');
      await client.query(rename, ['late', 'nobody']);
      await client.query(live(true));
    },
    expected: damaged('cost_ledger', 'cost_ledger_agent'),
  },
  {
    name: 'an index that is not used',
    act: sql(`update pg_index set indisvalid = false where indexrelid = 'event_log_subject'::regclass`),
    expected: damaged('event_log', 'event_log_subject'),
  },
];

/** What somebody does to an export, and what must be found of it. */
export interface ExportAttack {
  readonly name: string;
  readonly make: (log: AttackScene['log']) => AttackScene['log'];
  readonly expected: Attack['expected'];
}

export const EXPORT_ATTACKS: readonly ExportAttack[] = [
  {
    name: 'the last event duplicated',
    make: (log) => [...log, ...log.slice(-1)],
    expected: ({ log }) => [{ kind: 'misplaced', event_id: log.length + 1 }],
  },
  {
    name: 'the last event duplicated under another id',
    make: (log) => [...log, ...log.slice(-1).map((event) => ({ ...event, id: log.length + 1 }))],
    expected: ({ log }) => [{ kind: 'relinked', event_id: log.length + 1 }],
  },
  {
    name: 'two members whose names run together',
    make: (log) =>
      rechained(
        log,
        EVENT,
        () => undefined,
        (body) => (body['id'] === EVENT ? runTogether(body) : canonicalJson(body)),
      ),
    expected: found('edited', EVENT),
  },
  {
    name: 'two events swapped',
    make: (log) => [
      ...log.slice(0, EVENT - 1),
      ...log.slice(EVENT - 1, EVENT + 1).toReversed(),
      ...log.slice(EVENT + 1),
    ],
    expected: found('misplaced', EVENT),
  },
  { name: 'the beginning left out', make: (log) => log.slice(EVENT), expected: found('misplaced', 1) },
  {
    name: 'the end left out',
    make: (log) => log.slice(0, -REFUSALS),
    expected: ({ log }) => [{ kind: 'truncated', event_id: log.length - REFUSALS + 1 }],
  },
  { name: 'another history', make: (log) => anotherHistory(log), expected: rewritten(FORK) },
];

/** All attacks on a database that leave it as one that a verifier can read. */
export const ATTACKS: readonly Attack[] = [
  ...BIT_FLIPS,
  ...NO_VALUES,
  ...DELETIONS,
  ...MOVES,
  ...REWRITINGS,
  ...MALFORMED,
  ...FIRST_EVENTS,
  ...SUCCESSIONS,
  ...EXCUSES,
  ...UNFIT,
  ...BOUNDARIES,
  ...ROWS,
  MANY_ROWS,
  SUMS,
  ...GUARDS,
  ...INDEXES,
];
