import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

/** Says `start`, then one byte a second, until the server ends the connection; answers what it said. */
function drip(start: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (data) => (heard += data.toString()));
  socket.write(start);
  const drops = setInterval(() => socket.write('a'), 1_000);
  return new Promise((done) => {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drops);
      done(heard);
    });
  });
}

describe('a client that drips', () => {
  it('is let go of, whether it never ends its headers or its body, while others are served', async () => {
    const head = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const dripping = [
      ...Array.from({ length: 50 }, () => drip(`${head}X-Slow: `)),
      drip(`${head}Content-Length: 1000\r\n\r\n"`),
    ];
    await app.api.get('/health').expect(200);
    const answers = await Promise.all(dripping);
    expect(new Set(answers.map((answer) => answer.split('\r\n')[0]))).toEqual(
      new Set(['HTTP/1.1 408 Request Timeout']),
    );
    await app.api.get('/health').expect(200);
  });
});
