import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startProcess } from '../support/server-process.js';
import { startTestApp, testEnvironment } from '../support/test-app.js';
import { createTestDatabase } from '../support/test-database.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-start-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const failure = (environment: NodeJS.ProcessEnv): Promise<string> =>
  startProcess(environment).then(
    async (server) => {
      await server.stop();
      throw new Error('it started');
    },
    (error: Error) => error.message,
  );

describe('a start with nothing configured', () => {
  it('runs on an embedded PostgreSQL, prints the first login once, and keeps everything over a restart', async () => {
    const environment = { SUBSTRATE_DATA: join(folder, 'data') };
    const first = await startProcess(environment);
    const [, username = '', password = ''] = /First login, shown this once: (\S+) \/ (\S+)/.exec(first.output()) ?? [];
    const api = new Api(first.url);
    const token = await api.login({ username, password });
    await api.post('/users', token, { username: 'kept', roles: ['operator'] }).expect(201);
    expect(await first.stop()).toBe(0);

    const second = await startProcess(environment);
    expect(second.output()).not.toContain('First login');
    const again = new Api(second.url);
    const users = await again.get('/users', await again.login({ username, password })).expect(200);
    expect((users.body as { items: { username: string }[] }).items.map((u) => u.username)).toEqual([username, 'kept']);
    second.child.kill('SIGKILL');

    const third = await startProcess(environment);
    await new Api(third.url).get('/health').expect(200);
    await third.stop();
    expect((await readFile(join(folder, 'data/secret-key'), 'utf8')).length).toBeGreaterThanOrEqual(32);
  });
});

describe('a start that cannot be', () => {
  it('names everything that production lacks, at once', async () => {
    const words = await failure({ NODE_ENV: 'production', API_PORT: 'x', ALLOWED_ORIGINS: '*' });
    for (const name of ['DATABASE_URL', 'SECRET_KEY', 'LOG_SIGNING_KEY', 'LOG_ORIGIN'])
      expect(words).toContain(`${name} is required in production`);
    expect(words).toContain('API_PORT must be');
    expect(words).toContain('ALLOWED_ORIGINS must be');
  });

  it('shows no value of a variable', async () => {
    const words = await failure({ SECRET_KEY: 'too-short-a-secret', DATABASE_URL: 'mysql://user:hunter2@host/db' });
    expect(words).toContain('SECRET_KEY must have at least 32 characters');
    expect(words).not.toMatch(/hunter2|too-short-a-secret/);
  });

  it('is refused in production without a first user, on another log’s key, and under another origin', async () => {
    const database = await createTestDatabase();
    const good = testEnvironment(database.url);
    const { BOOTSTRAP_USERNAME: _name, BOOTSTRAP_PASSWORD: _password, ...without } = good;
    expect(await failure({ ...without, NODE_ENV: 'production' })).toContain('BOOTSTRAP_USERNAME');
    await (await startProcess(good)).stop();
    expect(await failure({ ...good, LOG_SIGNING_KEY: testEnvironment('')['LOG_SIGNING_KEY'] })).toContain(
      'LOG_SIGNING_KEY is not the key of this log',
    );
    expect(await failure({ ...good, LOG_ORIGIN: 'other.example/log' })).toContain('LOG_ORIGIN is "other.example/log"');
    await database.drop();
  });

  it('takes secrets from files', async () => {
    const database = await createTestDatabase();
    const { SECRET_KEY = '', LOG_SIGNING_KEY = '', ...rest } = testEnvironment(database.url);
    const [secret, key] = [join(folder, 'secret'), join(folder, 'key.pem')];
    await writeFile(secret, `${SECRET_KEY}\n`);
    await writeFile(key, LOG_SIGNING_KEY);
    const server = await startProcess({
      ...rest,
      NODE_ENV: 'production',
      API_HOST: '127.0.0.1',
      SECRET_KEY_FILE: secret,
      LOG_SIGNING_KEY: key,
    });
    await new Api(server.url).get('/health').expect(200);
    await server.stop();
    await database.drop();
  });
});

describe('a stop', () => {
  it('finishes what was accepted, and counts the refusals that were not recorded', async () => {
    const app = await startTestApp();
    const agent = await app.api.registerAgent('last', { budget: 1000 });
    const operator = await app.api.as('operator');
    await Promise.all(Array.from({ length: 63 }, () => app.api.post('/immune/release', operator, {})));
    const acting = Array.from({ length: 40 }, () =>
      fetch(`${app.url}/api/v1/actions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action_type: 'x', cost: { amount: 1 } }),
      }).then(
        (r) => r.json() as Promise<{ event?: { id: number; hash: string } }>,
        () => null,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const stopping = app.stop();
    const answers = await Promise.all(acting);
    expect(await stopping).toBe(0);
    const { hashes, bodies } = await walkLog(app.databaseUrl);
    for (const answer of answers) if (answer?.event) expect(hashes.get(answer.event.id)).toBe(answer.event.hash);
    expect(bodies.at(-1)).toMatchObject({
      type: 'spine.suppress_denials',
      subject: { type: 'user' },
      payload: { count: 3 },
    });
    await app.close();
  });
});
