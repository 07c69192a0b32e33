import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Two full tiles and a partial one. */
const ACTIONS = 600;
const AUDITOR = { AUDITOR_NAME: 'mirror', AUDITOR_PASSWORD: 'the password of mirror' };
/** Where Debian's golang-golang-x-mod-dev puts its sources. */
const GO_PATH = '/usr/share/gocode';
const HAS_GO = existsSync(`${GO_PATH}/src/golang.org/x/mod/sumdb/tlog`) && spawnSync('go', ['version']).status === 0;

let app: TestApp;
let agent: TestAgent;
let folder: string;
let dir: string;
let vkey: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-mirror-'));
  dir = join(folder, 'mirror');
  app = await startTestApp();
  agent = await app.api.registerAgent('busy', { budget: 100_000 });
  await app.api.createUser(AUDITOR.AUDITOR_NAME, ['auditor']);
  vkey = (await app.api.get('/audit/key').expect(200)).text.trim();
  await act(ACTIONS);
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function act(n: number): Promise<void> {
  const items = Array.from({ length: n }, (_, i) => ({ action_type: 'x', payload: { i }, cost: { amount: 0.01 } }));
  await app.api.post('/actions/batch', agent.key, { items }).expect(200);
  const { last_event_id } = ((await app.api.get('/health')).body as { log: { last_event_id: number } }).log;
  const size = async () => Number((await app.api.get('/tlog/checkpoint').expect(200)).text.split('\n')[1]);
  while ((await size()) < last_event_id) await new Promise((done) => setTimeout(done, 50));
}

const mirror = (to = dir, url = app.url) =>
  runCli('mirror', ['--url', url, '--dir', to, '--vkey', vkey, '--json'], AUDITOR);

async function verify(of = dir, ...more: string[]) {
  const { status, stdout, stderr } = await runCli('verify', ['--tiles', of, '--vkey', vkey, '--json', ...more]);
  return { status, stderr, report: stdout === '' ? null : (JSON.parse(stdout) as object) };
}

describe('a mirror', () => {
  it('is fetched, verifies without the server, and later fetches only what is new', async () => {
    const first = await mirror();
    expect(first).toMatchObject({ status: 0 });
    expect(await verify()).toMatchObject({ status: 0, report: { result: 'holds', anchored: true } });
    expect(await verify(dir, '--no-anchor')).toMatchObject({ status: 0, report: { anchored: false } });
    await act(300);
    const second = await mirror();
    const [before, after] = [first, second].map(
      ({ stdout }) => JSON.parse(stdout) as { size: number; fetched: number },
    );
    expect(after?.size).toBe((before?.size ?? 0) + 300);
    // Tile 2 became full, tile 3 began, each with its entries; and the one tile above.
    expect(after?.fetched).toBe(5);
    expect(await readdir(join(dir, 'checkpoints'))).toHaveLength(2);
    expect(await verify()).toMatchObject({ status: 0, report: { events: after?.size } });
  });

  it('goes on where it was killed', async () => {
    const to = join(folder, 'killed');
    const args = ['--url', app.url, '--dir', to, '--vkey', vkey];
    const child = spawn(process.execPath, [resolve('dist/src/cli/mirror.js'), ...args], {
      env: { PATH: process.env['PATH'], ...AUDITOR },
      stdio: 'ignore',
    });
    while (!existsSync(join(to, 'tile/0'))) await new Promise((done) => setTimeout(done, 2));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await verify(to)).toMatchObject({ status: 2 });
    expect(await mirror(to)).toMatchObject({ status: 0 });
    expect(await verify(to)).toMatchObject({ status: 0 });
  });

  it('says what was done to it', async () => {
    const flip = async (path: string, at: number): Promise<void> => {
      const bytes = await readFile(path);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
    };
    const attacks: [string, (at: string) => Promise<void>, object][] = [
      ['entry', (at) => flip(join(at, 'tile/entries/001'), 100), { kind: 'edited', event_id: 257 }],
      ['hash', (at) => flip(join(at, 'tile/0/000'), 32 * 9), { kind: 'edited', event_id: 10 }],
      ['upper', (at) => flip(join(at, 'tile/1/000.p/3'), 32), { kind: 'edited', event_id: 257 }],
      [
        'swap',
        async (at) => {
          for (const kind of ['0', 'entries']) {
            await rename(join(at, `tile/${kind}/000`), join(at, 'x'));
            await rename(join(at, `tile/${kind}/001`), join(at, `tile/${kind}/000`));
            await rename(join(at, 'x'), join(at, `tile/${kind}/001`));
          }
        },
        { event_id: 1 },
      ],
    ];
    for (const [name, attack, first_bad] of attacks) {
      const at = join(folder, name);
      await cp(dir, at, { recursive: true });
      await attack(at);
      expect({ name, ...(await verify(at)) }).toMatchObject({ name, status: 1, report: { first_bad } });
    }
    const missing = join(folder, 'missing');
    await cp(dir, missing, { recursive: true });
    await rm(join(missing, 'tile/entries/001'));
    expect(await verify(missing)).toMatchObject({ status: 2, stderr: expect.stringContaining('tile/entries/001') });
    const shorter = join(folder, 'shorter');
    await cp(dir, shorter, { recursive: true });
    const [older = ''] = (await readdir(join(dir, 'checkpoints'))).toSorted((a, b) => parseInt(a) - parseInt(b));
    await cp(join(dir, 'checkpoints', older), join(shorter, 'checkpoint'));
    expect(await verify(shorter)).toMatchObject({ status: 1, report: { first_bad: { kind: 'truncated' } } });
  });

  it('does not follow a log that is another, shorter or by another key', async () => {
    // The same key, another history.
    const other = await startTestApp({ LOG_SIGNING_KEY: app.environment['LOG_SIGNING_KEY'] });
    try {
      await other.api.createUser(AUDITOR.AUDITOR_NAME, ['auditor']);
      expect(await mirror(dir, other.url)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('its end was cut off'),
      });
    } finally {
      await other.close();
    }
    const stranger = await startTestApp();
    try {
      await stranger.api.createUser(AUDITOR.AUDITOR_NAME, ['auditor']);
      const refused = await mirror(join(folder, 'stranger'), stranger.url);
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('not signed by --vkey') });
    } finally {
      await stranger.close();
    }
  });
});

describe('an independent client in Go', () => {
  const test = HAS_GO ? it : it.skip;

  test('takes checkpoint, tiles, inclusion, consistency and receipts', async () => {
    const old = join(folder, 'old.txt');
    await writeFile(old, (await app.api.get('/tlog/checkpoint').expect(200)).text);
    await act(50);
    const run = spawnSync('go', ['run', resolve('test/support/go-client/main.go'), app.url, vkey], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        GOPATH: GO_PATH,
        GO111MODULE: 'off',
        GOCACHE: join(folder, 'go-cache'),
        HOME: folder,
        OLD_CHECKPOINT: old,
        AUDITOR_TOKEN: await app.api.as('auditor'),
      },
    });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^\d+ events, \d+ before, \d+ tiles read\n$/);
  }, 120_000);
});
