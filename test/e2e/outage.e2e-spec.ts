import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, type TestAgent } from '../support/api.js';
import { openCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.js';
import { walkLog } from '../support/log-check.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let proxy: CuttingProxy;
let server: ServerProcess;
let api: Api;
let agent: TestAgent;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await openCuttingProxy(database.url);
  server = await startProcess(testEnvironment(proxy.url));
  api = new Api(server.url);
  agent = await api.registerAgent('steady', { budget: 100 });
});

afterAll(async () => {
  await server.stop();
  await proxy.close();
  await database.drop();
});

const act = () => api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 1 } });

describe('a server whose database goes away and comes back', () => {
  it('says so, lives on, does nothing meanwhile, and works again by itself', async () => {
    const before = await act().expect(201);
    expect((await api.get('/health').expect(200)).body).toMatchObject({
      status: 'healthy',
      database: { status: 'up' },
    });

    proxy.refuse(true);
    const refused = await act().expect(503);
    expect(refused.body).toMatchObject({ status: 503, code: expect.stringMatching(/^SPINE\./) });
    expect(refused.headers['retry-after']).toBe('1');
    expect((await api.get('/health').expect(503)).body).toMatchObject({
      status: 'unhealthy',
      database: { status: 'down' },
    });
    expect((await api.get('/state', agent.key).expect(503)).body).toMatchObject({ code: 'DATABASE.UNAVAILABLE' });
    await api.get('/health/live').expect(200);

    proxy.refuse(false);
    const after = await act().expect(201);
    await api.get('/health').expect(200);
    const { events, hashes } = await walkLog(database.url);
    for (const answer of [before, after]) {
      const { event } = answer.body as { event: { id: number; hash: string } };
      expect(hashes.get(event.id)).toBe(event.hash);
    }
    expect((after.body as { event: { id: number } }).event.id).toBe(events);
  });

  it('gives up on connections that answer nothing, instead of waiting with them', async () => {
    proxy.stall(true);
    const [acted, read, health] = await Promise.all([act(), api.get('/state', agent.key), api.get('/health')]);
    expect(acted.status).toBe(503);
    expect(read.status).toBe(503);
    expect(health.status).toBe(503);
    await api.get('/health/live').expect(200);

    proxy.stall(false);
    const after = await act().expect(201);
    const { hashes } = await walkLog(database.url);
    const { event } = after.body as { event: { id: number; hash: string } };
    expect(hashes.get(event.id)).toBe(event.hash);
  });
});
