import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** A verifier that lacks one check, and an attack that shows it. */
export interface Mutant {
  /** Below `dist/src`. */
  readonly file: string;
  /** What stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Name of an attack on a database, of one on an export, or of what must be refused. */
  readonly shows: string;
}

const RULES = 'event-log/verification/event-check.rules.js';
const WALK = 'event-log/verification/log-walk.js';
const RANGE = 'event-log/verification/range-checker.js';
const AUDIT = 'event-log/verification/audit-database.js';
const FOLD = 'event-log/verification/fold.js';
const GUARDS = 'event-log/verification/guards.js';
const INDEXES = 'event-log/verification/indexes.js';
const RECONCILE = 'event-log/verification/reconcile.js';
const ROWS = 'event-log/verification/row-reader.js';
const SUCCESSION = 'event-log/verification/succession.js';
const CANONICAL = 'event-log/canonical.js';
const VKEY = 'event-log/note/vkey.js';
const ANCHORS = 'cli/verify/anchors.js';
const OPTIONS = 'cli/verify/options.js';
const CLIENT = 'platform/database/client.js';

type Change = readonly [find: string, replace: string, shows: string];

const inFile = (file: string, changes: readonly Change[]): Mutant[] =>
  changes.map(([find, replace, shows]) => ({ file, find, replace, shows }));

/** Leaves out a condition. */
const never = (condition: string, shows: string): Change => [`if (${condition})`, 'if (false)', shows];

/** Leaves out a column that is compared with the body. */
const column = (line: string, shows: string): Change => [`        ${line},\n`, '', shows];

export const MUTANTS: readonly Mutant[] = [
  ...inFile(RULES, [
    never(`eventHashOfText(body) !== hash.toString('hex')`, 'bit flip in event_log.hash'),
    never('!isCanonicalText(body, event)', 'a body that is not canonical'),
    never('!hasMembers(event)', 'a further member'),
    [
      'members.length === MEMBERS.length && MEMBERS.every((name, i) => members[i] === name)',
      'members.join() === MEMBERS.join()',
      'export: two members whose names run together',
    ],
    never(`event['v'] !== FORMAT_VERSION`, 'another format version'),
    never(`event['previous_hash'] !== previousHash`, 'a wrong previous_hash'),
    never(`id === 1 && event['type'] !== 'substrate.genesis'`, 'another first event'),
    column(`previous_event_id: event['previous_event_id']`, 'bit flip in event_log.previous_event_id'),
    column(`type: event['type']`, 'bit flip in event_log.type'),
    column(`outcome: event['outcome']`, 'bit flip in event_log.outcome'),
    column(`actor_id: event['actor']?.['id']`, 'bit flip in event_log.actor_id'),
    column(`subject_id: event['subject']?.['id'] ?? null`, 'bit flip in event_log.subject_id'),
    column(`occurred_at: event['occurred_at']`, 'bit flip in event_log.occurred_at'),
    column(`request_id: event['request_id']`, 'bit flip in event_log.request_id'),
    [`coalesce(hash, '') as hash`, 'hash', 'null in event_log.hash'],
    [`coalesce(occurred_at, 'infinity') as occurred_at`, 'occurred_at', 'null in event_log.occurred_at'],
  ]),
  ...inFile(CANONICAL, [
    [' && isInOrder(value)', '', 'members out of order'],
    [' && !SURROGATE_ESCAPE.test(text)', '', 'half a character'],
  ]),
  ...inFile(WALK, [
    never('event.id !== id', 'export: the last event duplicated'),
    [`body['id'] !== id || `, '', 'another id in the body'],
    [` || body['previous_event_id'] !== before`, '', 'another previous_event_id'],
    never('unlawful !== null', 'a key that takes over by itself'),
    never('first', 'the suffix rewritten'),
    never('this.found', 'a middle row deleted'),
    never(
      'this.size > 0 && vkeys.length > 0 && !vkeys.some((vkey) => known.includes(vkey))',
      'another key, and an end before anything that was kept',
    ),
    ['if (!beyond)', 'if (true)', 'the tail cut, the head reset'],
    ['if (anchor.root.equals(this.tree.root()))', 'if (true)', 'the suffix rewritten'],
    [
      'rootOfInclusion(anchor.index, anchor.size, leaf, anchor.proof)?.equals(anchor.root) === true',
      'true',
      'an event rewritten of which somebody has the receipt alone',
    ],
    [
      '[...anchors.checkpoints, ...anchors.receipts]',
      'anchors.checkpoints',
      'an end before an event of which somebody has the receipt',
    ],
    ['return this.strangerIn(this.succession.origin)', 'return null', 'the log of somebody else'],
    ['!recovery.restored.root.equals(this.tree.root())', 'false', 'a loss behind another log'],
  ]),
  ...inFile(SUCCESSION, [
    ['size > forkSize && ', '', 'a loss that hides what was rewritten before it'],
    [' && size <= abandoned.size', '', 'a loss of more than it says'],
    ['isSignedBy(note, from) && ', '', 'a key that takes over by itself'],
    [' && isSignedBy(note, to)', '', 'a key that is made to take over'],
    [' || note.text !== rotationText(from, to)', '', 'a key that takes over with a signature of something else'],
    [' || to.name !== from.name', '', 'a key of another name'],
    ['note && isSignedBy(note, key) ?', 'note ?', 'a loss that only a stranger signed'],
  ]),
  ...inFile(RANGE, [
    never('fault !== null', 'bit flip in event_log.type'),
    never('changes === null', 'effects that are no list'),
    [` || row.type.startsWith('substrate.')`, '', 'a key that takes over by itself'],
  ]),
  ...inFile(AUDIT, [
    never('first < 1', 'an event before the first'),
    never('rows[0]?.nowhere === true', 'an event without a place'),
    never('range.tampering', 'a middle row deleted'),
    never('reason !== null', 'an effect that does not fit: made twice'),
    ['!head?.single', '!head', 'bit flip in log_head.singleton'],
    [' || rows.length > 1', '', 'a second head'],
    never('head.id !== walk.size', 'bit flip in log_head.event_id'),
    never('head.hash !== walk.head', 'bit flip in log_head.hash'),
    ['head.range.equals(walk.range)', 'true', 'bit flip in log_head.range'],
    [`coalesce(range, '') as range`, 'range', 'null in log_head.range'],
    ['...ofRows,', '', 'a row of limits edited'],
    ['...ofSums,', '', 'a sum of the ledger edited'],
    ['...guards.findings,', '', 'a rule'],
    ['...ofIndexes,', '', 'an event that an index does not know'],
  ]),
  ...inFile(FOLD, [
    [' || !effects.every(isEffect)', '', 'effects that are no objects'],
    never(`rows.has(id) === (op === 'insert')`, 'an effect that does not fit: made twice'),
    never(`op !== 'insert' && table.appendOnly`, 'an effect that does not fit: a ledger row changed'),
    never('digest === null', 'an effect that does not fit: no row'),
    [
      `return Number.parseInt(hash('sha256', this.salt + text, 'hex').slice(0, 2 * DIGEST_BYTES), 16)`,
      'return 0',
      'a row of users edited',
    ],
  ]),
  ...inFile(RECONCILE, [
    ['if (said?.digest === digests[i])', 'if (said)', 'a row of holds edited'],
    [
      'if (said?.digest === digests[i])',
      'if (!said || said.digest === digests[i])',
      'a row of agents without an event, and an event without its row',
    ],
    ['of expected)', 'of [])', 'a row of users without an event, and an event without its row'],
  ]),
  ...inFile(ROWS, [['return JSON.stringify(raw)', 'throw new Error()', 'not a number in limits']]),
  ...inFile(GUARDS, [
    [`return 'the trigger that refuses changes is missing'`, 'return null', 'a trigger dropped'],
    [`return 'the trigger that refuses changes is switched off'`, 'return null', 'a trigger switched off'],
    [`trigger.enabled !== 'O' && trigger.enabled !== 'A'`, `trigger.enabled === 'D'`, 'a trigger for replicas alone'],
    ['trigger.type !== type || ', '', 'a trigger that fires at less'],
    [' || trigger.partial', '', 'a trigger that fires never'],
    [` or t.tgattr::text <> ''`, '', 'a trigger for one column'],
    ['source === REFUSAL ?', 'true ?', 'a function that refuses nothing'],
    [', ...strangers]', ']', 'a trigger of somebody else'],
    never('row.rules > 0', 'a rule'),
    never('row.secured', 'row level security'),
    never('row.inherited', 'rows in a table that inherits'),
    ['row.elsewhere === null', 'true', 'a table that stands before ours'],
    ['        ...(await settingFindings(client)),\n', '', 'triggers switched off by a setting'],
  ]),
  ...inFile(CLIENT, [['-c search_path=public ', '', 'the honest log before the one that is used']]),
  ...inFile(INDEXES, [
    ['await difference(client, index)', 'null', 'a ledger row that an index does not know'],
    [`'it is marked as not to be used'`, 'null', 'an index that is not used'],
    ['inIndex?.sum === inTable?.sum', 'true', 'a ledger row that an index knows by another name'],
  ]),
  ...inFile(VKEY, [
    [
      'verify(null, Buffer.from(note.text), key.publicKey, bytes)',
      'true',
      'refusal: a checkpoint that somebody changed',
    ],
    ["if (id.toString('hex') !== hex)", 'if (false)', 'refusal: a key with the id of another'],
  ]),
  ...inFile(ANCHORS, [
    never(
      '!keys.some((key) => key.name === checkpoint.origin && isSignedBy(note, key))',
      'refusal: a key of somebody else',
    ),
    never('receipt.index >= anchor.size', 'refusal: a receipt beyond its checkpoint'),
  ]),
  ...inFile(OPTIONS, [never('anchored && (vkey.length === 0 || anchors === 0)', 'refusal: no anchor')]),
];

/** A copy of the build in `folder` with one change. @throws Error unless what is changed stands there exactly once */
export async function buildMutant(folder: string, { file, find, replace }: Mutant): Promise<string> {
  const dist = join(process.cwd(), 'dist');
  const text = await readFile(join(dist, 'src', file), 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${find}`);
  await mkdir(folder);
  for (const path of await scriptsIn(dist)) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await link(join(dist, path), join(folder, path));
  }
  // A link is the file itself: it must not be written to.
  await unlink(join(folder, 'src', file));
  await writeFile(join(folder, 'src', file), parts.join(replace));
  return folder;
}

async function scriptsIn(dist: string): Promise<string[]> {
  const folders = ['src', 'migrations'].map((name) => join(dist, name));
  const files = await Promise.all(folders.map((path) => readdir(path, { recursive: true, withFileTypes: true })));
  return files
    .flat()
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map(({ parentPath, name }) => relative(dist, join(parentPath, name)));
}
