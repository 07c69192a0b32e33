import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { notesIn } from '../../src/event-log/anchoring/checkpoint-file.js';
import { signingKey } from '../../src/event-log/log-key.js';
import { parseCheckpoint } from '../../src/event-log/note/checkpoint.js';
import { parseNote } from '../../src/event-log/note/note.js';
import { parseTlogProof } from '../../src/event-log/note/tlog-proof.js';
import type { SigningKey } from '../../src/event-log/note/vkey.js';
import type { LoggedEvent } from '../../src/event-log/verification/event-check.rules.js';
import { createClient } from '../../src/platform/database/client.js';
import { Api } from './api.js';
import { readLog } from './attacked-log.js';
import { auditFiles } from './checker.js';
import { runCli } from './run-cli.js';
import { startBuilt, startProcess, type ServerProcess } from './server-process.js';
import { testEnvironment } from './test-app.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** An event of which the auditor has the receipt: an action that was paid. */
export const RECEIPT_EVENT = 9;

/** Text and numbers that careless hands change: every plane of Unicode, and the edges of doubles. */
export const AWKWARD = {
  text: 'é ه 漢 🚀 \u0001 \u2028 "\\" e\u0301 \u{10ffff} \t\r\n',
  '\u20ac': [1e308, 5e-324, 2 ** 53 - 1, -(2 ** 53 - 1), 0.1 + 0.2, 1e21, 1e-7, -0],
  '\u{1f600}': { '\r': null, '\ufb33': true, '1': [[], {}] },
};

/** A substrate that lived for a while and was stopped, and what an auditor kept of it. */
export interface AttackScene {
  /** Nobody is connected: it may be copied. */
  readonly database: TestDatabase;
  readonly environment: NodeJS.ProcessEnv;
  readonly key: SigningKey;
  readonly witness: ServerProcess;
  /** A folder for whoever needs one. */
  readonly folder: string;
  /** Checkpoints kept along the way, in one file. */
  readonly checkpointFile: string;
  /** The last of them alone. */
  readonly lastCheckpointFile: string;
  readonly receiptFile: string;
  readonly keyFile: string;
  readonly exportFile: string;
  /** A backup from half way. */
  readonly oldBackup: string;
  /** The last checkpoint, with the witness's cosignature. */
  readonly cosigned: string;
  readonly log: readonly LoggedEvent[];
  /** Options that hand the verifier what was kept. */
  readonly anchors: readonly string[];
  /** The first event at which a change of this one shows in what was kept. */
  readonly firstAnchorFrom: (id: number) => number;
  /** Key of the first row of a kind that an event made. */
  readonly firstKeyOf: (entity: string) => string;
  close(): Promise<void>;
}

/** Lets a real server live a little, with a witness and a checkpoint file, and stops it. */
export async function playScene(): Promise<AttackScene> {
  const folder = await mkdtemp(join(tmpdir(), 'echo-attacks-'));
  const at = (name: string): string => join(folder, name);
  const database = await createTestDatabase();
  const checkpointFile = at('checkpoints.txt');
  const base: NodeJS.ProcessEnv = { ...testEnvironment(database.url), CHECKPOINT_FILE: checkpointFile };
  const key = signingKey(base['LOG_SIGNING_KEY'] ?? '', base['LOG_ORIGIN'] ?? '');
  const witness = await startWitness(at('witness'), key);
  const witnessKey = /verifier key: (\S+)/.exec(witness.output())?.[1] ?? '';
  const environment = { ...base, WITNESSES: `${witnessKey} ${witness.url}` };
  const server = await startProcess(environment);
  const api = new Api(server.url);
  await liveALittle(api);
  await api.get('/audit/checkpoint').expect(200);
  const oldBackup = at('old.sql.gz');
  const { status, stderr } = await runCli('backup', [oldBackup], { DATABASE_URL: database.url });
  if (status !== 0) throw new Error(stderr);
  await liveOn(api);
  const auditor = await api.as('auditor');
  const receipt = await api.get(`/audit/events/${RECEIPT_EVENT}/receipt`, auditor).expect(200);
  await beRefused(api);
  const files = await auditFiles(server.url, auditor);
  const { text: cosigned } = await untilPublished(api, sizeOf(files.checkpoint), checkpointFile);
  await server.stop();
  const lastCheckpointFile = at('last.txt');
  await writeFile(lastCheckpointFile, cosigned);
  const [receiptFile, keyFile, exportFile] = [at('receipt.tlog-proof'), at('key.txt'), at('export.ndjson')];
  await writeFile(receiptFile, receipt.text);
  await writeFile(keyFile, files.key);
  await writeFile(exportFile, files.export);
  const log = await logOf(database.url);
  const sizes = await anchoredIds(checkpointFile, receipt.text);
  return {
    database,
    environment,
    key,
    witness,
    folder,
    checkpointFile,
    lastCheckpointFile,
    receiptFile,
    keyFile,
    exportFile,
    oldBackup,
    cosigned,
    log,
    anchors: ['--vkey', keyFile, '--checkpoint', checkpointFile, '--receipt', receiptFile],
    firstAnchorFrom: (id) => Math.min(...sizes.filter((size) => size >= id)),
    firstKeyOf: (entity) => firstKeyOf(log, entity),
    close: async () => {
      await witness.stop();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A witness of this log, in a process of its own. */
export function startWitness(data: string, { verifier }: SigningKey): Promise<ServerProcess> {
  const options = ['--name', 'witness.example/w', '--log', verifier.text, '--data', data, '--port', '0'];
  return startBuilt('cli/witness.js', options);
}

/** One of everything that changes a derived table, and some refusals. */
async function liveALittle(api: Api): Promise<void> {
  const [operator, arbiter, maintainer] = [
    await api.as('operator'),
    await api.as('arbiter'),
    await api.as('maintainer'),
  ];
  const agent = await api.registerAgent('busy', { budget: 5 });
  const act = (amount: number) =>
    api.post('/actions', agent.key, { action_type: 'x', payload: AWKWARD, cost: { amount } });
  const { action_id } = (await act(1).expect(201)).body as { action_id: string };
  await api.post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 1.5 } }).expect(200);
  await act(0.25).expect(201);
  await api.get('/audit/checkpoint').expect(200);
  await api.post('/metabolism/charge', agent.key, { cost_type: 'y', cost_amount: 0.000000001 }).expect(201);
  await api.patch('/agents/busy', operator, { description: 'é 漢 🚀', capabilities: ['x'] }).expect(200);
  await api.post('/agents/busy/keys', operator, { grace_seconds: 60 }).expect(200);
  for (let i = 0; i < 10; i += 1) await act(99).expect(402);
  await act(0).expect(403);
  await api.get('/audit/checkpoint').expect(200);
  await api.post('/immune/release', arbiter, { agent_id: 'busy', reason: 'a test' }).expect(200);
  await api.post('/state/transition', operator, { to_state: 'alert', trigger: 'a test' }).expect(200);
  const made = await api.post('/users', maintainer, { username: 'someone', roles: ['arbiter'] }).expect(201);
  const { id } = made.body as { id: string };
  await api.patch(`/users/${id}`, maintainer, { roles: ['operator', 'arbiter'], disabled: true }).expect(200);
}

/** A second agent that works and pays. */
async function liveOn(api: Api): Promise<void> {
  await api.post('/metabolism/scopes', await api.as('operator'), { name: 'team' }).expect(201);
  const agent = await api.registerAgent('late', { budget: 100, capabilities: ['x'] });
  for (let i = 1; i <= 14; i += 1) {
    const { body } = await api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 1 } }).expect(201);
    const { action_id } = body as { action_id: string };
    const done = { status: 'success', cost: { amount: i / 8 } };
    if (i % 4 !== 0) await api.post(`/actions/${action_id}/complete`, agent.key, done).expect(200);
    if (i === 4) await api.get('/audit/checkpoint').expect(200);
  }
  const sensor = await api.registerAgent('seer', { type: 'sensor' });
  const seen = { event_type: 'fire', event_data: { degrees: 451 }, severity: 'warning' };
  await api.post('/observations', sensor.key, seen).expect(201);
  const wish = { action_type: 'money.send', cost: { amount: 1_000 }, reason: 'a test' };
  await api.post('/escalations', agent.key, wish).expect(201);
  await api.post('/immune/quarantine', await api.as('arbiter'), { agent_id: 'busy', reason: 'a test' }).expect(200);
}

/** Events that change no table: an end that can be cut off without a trace in the database. */
async function beRefused(api: Api): Promise<void> {
  const arbiter = await api.as('arbiter');
  for (let i = 0; i < 4; i += 1)
    await api.post('/immune/release', arbiter, { agent_id: 'late', reason: 'not at all' }).expect(409);
}

/** Waits until a checkpoint of so many events is in the file and cosigned; answers it. */
async function untilPublished(api: Api, size: number, file: string): Promise<{ text: string }> {
  for (let i = 0; i < 200; i += 1) {
    const answer = await api.get('/tlog/checkpoint').expect(200);
    const isKept = (await notesOf(file)).some((note) => sizeOf(note) === size);
    if (isKept && sizeOf(answer.text) === size && answer.text.includes('— witness.example/w ')) return answer;
    await pause(50);
  }
  throw new Error('the checkpoint was not published');
}

async function logOf(url: string): Promise<LoggedEvent[]> {
  const client = createClient(url, 'audit');
  await client.connect();
  try {
    return await readLog(client);
  } finally {
    await client.end();
  }
}

function firstKeyOf(log: readonly LoggedEvent[], entity: string): string {
  const effects = log.flatMap(
    ({ body }) => (JSON.parse(body) as { effects: { entity: string; id: string }[] }).effects,
  );
  const effect = effects.find((e) => e.entity === entity);
  if (!effect) throw new Error(`no event made a row of ${entity}`);
  return effect.id;
}

async function anchoredIds(checkpointFile: string, receiptText: string): Promise<number[]> {
  const receipt = parseTlogProof(receiptText);
  if (!receipt) throw new Error('no receipt');
  return [...(await notesOf(checkpointFile)).map(sizeOf), receipt.index + 1, sizeOf(receipt.checkpoint)];
}

async function notesOf(file: string): Promise<string[]> {
  return notesIn(await readFile(file, 'utf8').catch(() => ''));
}

/** Number of events that a checkpoint is of. */
export function sizeOf(text: string): number {
  return parseCheckpoint(parseNote(text)?.text ?? '')?.size ?? 0;
}
