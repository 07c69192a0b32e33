import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CompactRange, eventHash } from '../../src/event-log/chain.js';
import { parseIndexPath, tilePath } from '../../src/event-log/merkle/tile.js';
import { isConsistent, rootOfInclusion } from '../../src/event-log/merkle/tree.js';
import { parseCheckpoint } from '../../src/event-log/note/checkpoint.js';
import { parseNote } from '../../src/event-log/note/note.js';
import { parseTlogProof } from '../../src/event-log/note/tlog-proof.js';
import { isSignedBy, parseVerifierKey } from '../../src/event-log/note/vkey.js';
import { createClient } from '../../src/platform/database/client.js';
import type { TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Enough for two full tiles of hashes, a partial one, and a partial tile of the level above. */
const ACTIONS = 700;

let app: TestApp;
let agent: TestAgent;
let auditor: string;

beforeAll(async () => {
  app = await startTestApp();
  agent = await app.api.registerAgent('busy', { budget: 100_000 });
  auditor = await app.api.as('auditor');
  await act(ACTIONS);
  while ((await checkpoint()).size < ACTIONS) await new Promise((resolve) => setTimeout(resolve, 50));
});

afterAll(() => app.close());

const act = (n: number) =>
  app.api
    .post('/actions/batch', agent.key, {
      items: Array.from({ length: n }, (_, i) => ({ action_type: 'x', payload: { i }, cost: { amount: 0.01 } })),
    })
    .expect(200);

async function bytes(path: string, bearer?: string): Promise<Buffer> {
  const answer = await fetch(`${app.url}/tlog/${path}`, {
    headers: new Headers(bearer === undefined ? [] : [['authorization', `Bearer ${bearer}`]]),
  });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** A checkpoint whose signature holds under the log's key. */
async function checkpoint(text?: string) {
  const key = parseVerifierKey((await app.api.get('/audit/key').expect(200)).text.trim());
  const note = parseNote(text ?? (await bytes('checkpoint')).toString());
  if (!key || !note || !isSignedBy(note, key)) throw new Error('the checkpoint is not signed by the log');
  const read = parseCheckpoint(note.text);
  if (!read) throw new Error('the checkpoint says nothing');
  return read;
}

describe('the tree', () => {
  it('is served in tiles from which anybody computes the root of the checkpoint', async () => {
    const { size, root } = await checkpoint();
    expect(size).toBeGreaterThan(ACTIONS);
    const range = CompactRange.empty();
    const above: Buffer[] = [];
    for (let index = 0; index * 256 < size; index += 1) {
      const width = Math.min(256, size - index * 256);
      const tile = await bytes(tilePath({ level: 0, index, width }));
      expect(tile).toHaveLength(32 * width);
      const own = CompactRange.empty();
      for (let at = 0; at < tile.length; at += 32) {
        range.append(tile.subarray(at, at + 32));
        own.append(tile.subarray(at, at + 32));
      }
      if (width === 256) above.push(own.root());
    }
    expect(range.root().equals(root)).toBe(true);
    const upper = await bytes(tilePath({ level: 1, index: 0, width: above.length }));
    expect(upper.equals(Buffer.concat(above))).toBe(true);
  });

  it('has the events behind the hashes, for those who may read the log', async () => {
    const [hashes, entries] = [await bytes('tile/0/001'), await bytes('tile/entries/001', auditor)];
    let at = 0;
    for (let i = 0; i < 256; i += 1) {
      const length = entries.readUInt16BE(at);
      const body = entries.subarray(at + 2, at + 2 + length);
      expect(eventHash(body).equals(hashes.subarray(32 * i, 32 * i + 32))).toBe(true);
      expect(JSON.parse(body.toString())).toMatchObject({ id: 257 + i });
      at += 2 + length;
    }
    expect(at).toBe(entries.length);
    expect((await app.api.get('/tlog/tile/entries/001')).status).toBe(401);
    for (const bearer of [await app.api.as('operator'), agent.key])
      expect((await app.api.get('/tlog/tile/entries/001', bearer)).status).toBe(403);
  });

  it.each([
    '0/003',
    '0/002.p/256',
    '0/002.p/255',
    '1/000',
    '2/000.p/1',
    '7/000',
    '-1/000',
    '0/1',
    '0/x000/001',
    'a/000',
  ])('has no tile %s', async (path) => {
    expect((await app.api.get(`/tlog/tile/${path}`)).body).toMatchObject({ status: 404, code: 'AUDIT.NO_SUCH_TILE' });
  });

  it('keeps full tiles for good and partial ones for a while', async () => {
    const cached = async (path: string) => (await app.api.get(`/tlog/${path}`)).headers['cache-control'];
    expect(await cached('tile/0/000')).toContain('immutable');
    expect(await cached('tile/0/002.p/1')).toBe('public, max-age=60');
    expect(await cached('checkpoint')).toBe('no-cache');
  });
});

describe('a receipt', () => {
  it.each([1, 2, 256, 257, 511, 600])('of event %d proves it to somebody who has the key alone', async (id) => {
    const { text } = await app.api.get(`/audit/events/${id}/receipt`, auditor).expect(200);
    const proof = parseTlogProof(text);
    if (!proof) throw new Error(`no proof: ${text}`);
    const { size, root } = await checkpoint(proof.checkpoint);
    const { hashes } = await walkLog(app.databaseUrl);
    const leaf = Buffer.from(hashes.get(id) ?? '', 'hex');
    expect(proof.index).toBe(id - 1);
    expect(rootOfInclusion(proof.index, size, leaf, proof.hashes)?.equals(root)).toBe(true);
    expect(
      rootOfInclusion(proof.index, size, createHash('sha256').update('x').digest(), proof.hashes)?.equals(root),
    ).toBe(false);
  });

  it('is there as soon as the event is', async () => {
    const { body } = await app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 0 } }).expect(201);
    const { event } = body as { event: { id: number; hash: string } };
    const { text } = await app.api.get(`/audit/events/${event.id}/receipt`, auditor).expect(200);
    const proof = parseTlogProof(text);
    const { size, root } = await checkpoint(proof?.checkpoint);
    const found = rootOfInclusion(event.id - 1, size, Buffer.from(event.hash, 'hex'), proof?.hashes ?? []);
    expect(found?.equals(root)).toBe(true);
  });

  it('is of an event in the log', async () => {
    expect((await app.api.get('/audit/events/999999/receipt', auditor)).status).toBe(404);
    expect((await app.api.get('/audit/events/0/receipt', auditor)).status).toBe(400);
  });
});

describe('a proof of consistency', () => {
  it('leads from any earlier checkpoint to the present one', async () => {
    const before = await checkpoint();
    await act(300);
    const now = await checkpoint();
    const get = async (from: number, to: number) =>
      (await app.api.get(`/audit/proof/consistency?from=${from}&to=${to}`).expect(200)).body as {
        first: { size: number; root: string };
        second: { size: number; root: string };
        proof: string[];
      };
    const decoded = (head: { size: number; root: string }) => ({ ...head, root: Buffer.from(head.root, 'base64') });
    const proof = await get(before.size, now.size);
    expect(proof.first.root).toBe(before.root.toString('base64'));
    expect(proof.second.root).toBe(now.root.toString('base64'));
    const hashes = proof.proof.map((hash) => Buffer.from(hash, 'base64'));
    expect(isConsistent(before, now, hashes)).toBe(true);
    for (const [from, to] of [
      [1, 2],
      [1, now.size],
      [255, 257],
      [256, 512],
      [300, 300],
    ] as const) {
      const { first, second, proof: path } = await get(from, to);
      expect(
        isConsistent(
          decoded(first),
          decoded(second),
          path.map((hash) => Buffer.from(hash, 'base64')),
        ),
      ).toBe(true);
    }
  });

  it('leads nowhere else', async () => {
    for (const query of ['from=5&to=4', 'from=1&to=999999', 'from=0', 'to=3', 'from=1e3'])
      expect((await app.api.get(`/audit/proof/consistency?${query}`)).status).toBe(400);
  });
});

describe('the tiles', () => {
  it('are stored once each, whoever makes them, and made again where they are lost', async () => {
    const client = createClient(app.databaseUrl, 'migration');
    await client.connect();
    try {
      await bytes('tile/1/000.p/3');
      const stored = async () =>
        (await client.query<{ level: number; index: number }>('select level, index, root from log_tiles order by 1, 2'))
          .rows;
      const before = await stored();
      expect(before.map(({ level, index }) => `${level}/${index}`)).toEqual(
        ['0/0', '0/1', '0/2', '0/3'].slice(0, before.length),
      );
      await client.query('delete from log_tiles');
      const [tile] = await Promise.all([
        bytes('tile/1/000.p/3'),
        bytes('tile/1/000.p/2'),
        app.api.get('/audit/events/9/receipt', auditor),
      ]);
      expect(tile).toHaveLength(96);
      expect(await stored()).toEqual(before);
    } finally {
      await client.end();
    }
  });

  it('have paths that are read as they are written', () => {
    expect(parseIndexPath('x001/234')).toEqual({ index: 1234, width: 256 });
  });
});
