import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '../../src/platform/database/client.js';
import type { TestAgent } from '../support/api.js';
import { auditFiles, type AuditFiles } from '../support/checker.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SECRET = 'Erika Mustermann, Heidestraße 17';

let app: TestApp;
let agent: TestAgent;
let auditor: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-erasure-'));
  app = await startTestApp();
  agent = await app.api.registerAgent('busy', { budget: 100 });
  auditor = await app.api.as('auditor');
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

interface Detail {
  readonly body: string;
  readonly payload: Record<string, string>;
  readonly texts?: Record<string, string>;
  readonly salts?: Record<string, string>;
}

const detail = async (id: number): Promise<Detail> =>
  (await app.api.get(`/audit/events/${id}`, auditor).expect(200)).body as Detail;

const erase = async (event_id: number) =>
  app.api.post('/audit/erasures', await app.api.as('arbiter'), { event_id, reason: 'asked for, ticket 17' });

async function act(payload: object, personal: boolean): Promise<{ id: number; action: string }> {
  const { body } = await app.api
    .post('/actions', agent.key, { action_type: 'x', cost: { amount: 0.1 }, payload, personal })
    .expect(201);
  const { event, action_id: action } = body as { event: { id: number }; action_id: string };
  return { id: event.id, action };
}

async function sql(text: string): Promise<void> {
  const client = createClient(app.databaseUrl, 'migration');
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Verifies the database with a checkpoint that was kept. */
async function verify({ checkpoint, key }: AuditFiles) {
  await writeFile(join(folder, 'checkpoint.txt'), checkpoint);
  const anchors = ['--vkey', key.trim(), '--checkpoint', join(folder, 'checkpoint.txt'), '--json'];
  const { status, stdout } = await runCli('verify', ['--database', app.databaseUrl, ...anchors]);
  return { status, report: JSON.parse(stdout) as { findings: { kind: string }[]; warnings: string[] } };
}

describe('what is about a person', () => {
  it('stands beside the log, and can be erased without breaking a proof', async () => {
    const { id, action } = await act({ to: SECRET }, true);
    const done = await app.api
      .post(`/actions/${action}/complete`, agent.key, { status: 'success', result: { of: SECRET }, personal: true })
      .expect(200);
    const second = (done.body as { event: { id: number } }).event.id;
    const charge = { cost_type: 'y', cost_amount: 0.1, attributes: { of: SECRET }, personal: true };
    await app.api.post('/metabolism/charge', agent.key, charge).expect(201);

    const before = await detail(id);
    expect(before.body).not.toContain('Erika');
    expect(before.texts).toEqual({ payload: JSON.stringify({ to: SECRET }) });
    const digest = createHash('sha256').update(Buffer.from(before.salts?.['payload'] ?? '', 'hex'));
    expect(before.payload['payload_salted']).toBe(digest.update(before.texts?.['payload'] ?? '').digest('hex'));
    const files = await auditFiles(app.url, auditor);
    expect(files.export).not.toContain('Erika');
    expect(app.output()).not.toContain('Erika');
    expect(await verify(files)).toMatchObject({ status: 0, report: { findings: [] } });

    const answer = await erase(id);
    expect(answer.body).toMatchObject({ event_id: id, erased: ['payload'] });
    const after = await detail(id);
    expect(after.body).toBe(before.body);
    expect([after.texts, after.salts]).toEqual([undefined, undefined]);
    expect((await detail(second)).texts).toBeDefined();
    const later = await auditFiles(app.url, auditor);
    expect(later.export.startsWith(files.export)).toBe(true);
    const { status, report } = await verify(files);
    expect([status, report.findings, report.warnings.filter((w) => w.includes('gone'))]).toEqual([0, [], []]);

    const { event } = answer.body as { event: { id: number } };
    const erasure = await detail(event.id);
    expect(erasure).toMatchObject({ type: 'audit.erase', payload: { event_id: id, members: ['payload'] } });
    expect((await erase(id)).body).toMatchObject({ status: 404, code: 'AUDIT.NOTHING_TO_ERASE' });
    expect((await erase(1)).status).toBe(404);
    const operator = await app.api.as('operator');
    await app.api.post('/audit/erasures', operator, { event_id: second, reason: 'x' }).expect(403);
  });

  it('may be a text that was too large for its event as well', async () => {
    const { id } = await act({ text: 'x'.repeat(100_000) }, false);
    expect((await detail(id)).payload).toMatchObject({ payload_bytes: 100_011 });
    expect((await erase(id)).status).toBe(200);
    expect((await detail(id)).texts).toBeUndefined();
  });

  it('is missed where somebody else touched it', async () => {
    const files = await auditFiles(app.url, auditor);
    const { id } = await act({ to: SECRET }, true);
    const kinds = async () => (await verify(files)).report.findings.map(({ kind }) => kind);
    await sql(`update event_texts set text = replace(text, '17', '18') where event_id = ${id}`);
    expect(await kinds()).toEqual(['text_changed']);
    await sql(`insert into event_texts (id, event_id, member, text) values ('1/more', 1, 'more', '{}')`);
    expect((await kinds()).toSorted()).toEqual(['text_added', 'text_changed']);
    await sql(`delete from event_texts where event_id in (1, ${id})`);
    const { status, report } = await verify(files);
    expect(status).toBe(0);
    expect(report.warnings).toContainEqual(
      expect.stringContaining(`gone without an erasure, the first of event ${id}`),
    );
  });
});
