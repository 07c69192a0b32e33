import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Credential, SubstrateClient } from './substrate-client.js';
import { SubstrateUnreachable } from './substrate-error.js';

interface Seen {
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}
interface Reply {
  status: number;
  body?: string;
  headers?: Record<string, string>;
  /** Cut the connection instead of answering. */
  cut?: boolean;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A real HTTP server that gives the replies one after the other, and remembers what it was asked. */
async function serve(...replies: Reply[]): Promise<{ client: SubstrateClient; seen: Seen[] }> {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url, headers: request.headers, body });
      const reply = replies.shift() ?? { status: 500 };
      if (reply.cut === true) request.socket.destroy();
      else response.writeHead(reply.status, reply.headers).end(reply.body ?? '{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { client: new SubstrateClient({ url: `http://127.0.0.1:${port}/`, attempts: 3 }), seen };
}

const COMMAND = { method: 'POST', path: '/actions', body: { cost: { amount: 0.0001107 } } } as const;
const AGAIN_AT_ONCE = { 'retry-after': '0' };

describe('SubstrateClient', () => {
  it('sends a command below the base path and says when the answer is a repeated one', async () => {
    const { client, seen } = await serve({ status: 201, body: '{"n":1}', headers: { 'idempotency-replayed': 'true' } });
    const answer = await client.request(z.object({ n: z.number() }), { ...COMMAND, idempotencyKey: 'k1' });
    expect(answer).toEqual({ status: 201, body: { n: 1 }, replayed: true });
    expect(seen[0]).toMatchObject({ url: '/api/v1/actions', body: '{"cost":{"amount":0.0001107}}' });
    expect(seen[0]?.headers['idempotency-key']).toBe('k1');
  });

  it('tries a busy or broken server again with the same idempotency key', async () => {
    const { client, seen } = await serve(
      { status: 503, headers: AGAIN_AT_ONCE },
      { status: 0, cut: true },
      { status: 201 },
    );
    await expect(client.request(z.unknown(), COMMAND)).resolves.toMatchObject({ status: 201 });
    const keys = new Set(seen.map((request) => request.headers['idempotency-key']));
    expect(seen).toHaveLength(3);
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives up in the end, with the last problem', async () => {
    const busy = { status: 429, headers: AGAIN_AT_ONCE, body: '{"code":"HTTP.SLOW","detail":"slow down"}' };
    const { client, seen } = await serve(busy, busy, busy, busy);
    await expect(client.request(z.unknown(), COMMAND)).rejects.toMatchObject({
      status: 429,
      code: 'HTTP.SLOW',
      retry_after: 0,
    });
    expect(seen).toHaveLength(3);
  });

  it.each([400, 402, 403, 404, 409, 422, 500])('does not try again after %d', async (status) => {
    const { client, seen } = await serve({ status, body: '{"code":"X.Y","detail":"no"}' });
    await expect(client.request(z.unknown(), COMMAND)).rejects.toMatchObject({ status, code: 'X.Y', detail: 'no' });
    expect(seen).toHaveLength(1);
  });

  it('renews a refused credential once', async () => {
    const { client, seen } = await serve({ status: 401 }, { status: 200 });
    let bearer = 'old';
    const as: Credential = {
      bearer: () => Promise.resolve(bearer),
      renew: () => {
        bearer = 'new';
        return Promise.resolve(true);
      },
    };
    await client.request(z.unknown(), { method: 'GET', path: '/users/me', as });
    expect(seen.map((request) => request.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(seen[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('says that an answer has another shape than agreed', async () => {
    const { client } = await serve({ status: 200, body: '{"n":"one"}' });
    await expect(client.request(z.object({ n: z.number() }), { method: 'GET', path: '/x' })).rejects.toThrow(
      /GET \/x: n /,
    );
  });

  it('says that nobody answers', async () => {
    const { client } = await serve();
    server?.close();
    await expect(new SubstrateClient({ url: client.url, attempts: 1 }).health()).rejects.toThrow(SubstrateUnreachable);
  });
});
