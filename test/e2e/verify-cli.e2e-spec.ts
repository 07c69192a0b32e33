import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifierKeyOf } from '../../src/event-log/note/vkey.js';
import type { TestAgent } from '../support/api.js';
import { auditFiles } from '../support/checker.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let agent: TestAgent;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-verify-'));
  app = await startTestApp();
  agent = await app.api.registerAgent('acting', { budget: 100 });
  const auditor = await app.api.as('auditor');
  await act();
  await keep('early.txt', (await app.api.get('/audit/checkpoint').expect(200)).text);
  const { body } = await act();
  const { event } = body as { event: { id: number } };
  await keep('receipt.tlog-proof', (await app.api.get(`/audit/events/${event.id}/receipt`, auditor).expect(200)).text);
  for (let i = 0; i < 5; i += 1) await act();
  const files = await auditFiles(app.url, auditor);
  await keep('export.ndjson', files.export);
  await keep('checkpoint.txt', files.checkpoint);
  await keep('key.txt', files.key);
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const act = () => app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 1 } }).expect(201);
const at = (name: string) => join(folder, name);
const keep = (name: string, text: string) => writeFile(at(name), text);
const kept = (name: string) => readFile(at(name), 'utf8');

/** Runs the verifier with its report as JSON. */
async function verify(...args: string[]) {
  const { status, stdout, stderr } = await runCli('verify', [...args, '--json']);
  return { status, stderr, report: stdout === '' ? null : (JSON.parse(stdout) as Record<string, unknown>) };
}

const anchored = (log = 'export.ndjson') =>
  verify(
    '--export',
    at(log),
    '--vkey',
    at('key.txt'),
    '--checkpoint',
    at('checkpoint.txt'),
    '--checkpoint',
    at('early.txt'),
  );

describe('the offline verifier', () => {
  it('says 0 for a log that fits its key, its checkpoints old and new, and a receipt', async () => {
    const events = (await kept('export.ndjson')).trimEnd().split('\n').length;
    const vkey = (await kept('key.txt')).trim();
    const checkpoints = ['--checkpoint', at('early.txt'), '--checkpoint', at('checkpoint.txt')];
    const receipt = ['--receipt', at('receipt.tlog-proof')];
    const run = await verify('--export', at('export.ndjson'), '--vkey', vkey, ...checkpoints, ...receipt);
    expect(run).toMatchObject({ status: 0, report: { result: 'holds', anchored: true, events, first_bad: null } });
    const words = await runCli('verify', [
      '--export',
      at('export.ndjson'),
      '--vkey',
      vkey,
      '--checkpoint',
      at('early.txt'),
    ]);
    expect(words.stdout).toContain(`everything holds: ${events} events`);
  });

  it('says 1 and names the first bad event and the kind of tampering', async () => {
    const lines = (await kept('export.ndjson')).trimEnd().split('\n');
    const attacks: [string, string[], object][] = [
      ['edit', lines.map((l, i) => (i === 4 ? l.replace('succeeded', 'denied') : l)), { kind: 'edited', event_id: 5 }],
      ['gap', lines.filter((_, i) => i !== 4), { kind: 'misplaced', event_id: 5 }],
      ['cut', lines.slice(0, -1), { kind: 'truncated', event_id: lines.length }],
      ['nothing', [], { kind: 'truncated', event_id: 1 }],
    ];
    for (const [name, changed, first_bad] of attacks) {
      await keep(name, changed.map((line) => `${line}\n`).join(''));
      expect(await anchored(name)).toMatchObject({ status: 1, report: { result: 'tampered', first_bad } });
    }
    const words = await runCli('verify', ['--export', at('edit'), '--no-anchor']);
    expect(words).toMatchObject({ status: 1, stdout: expect.stringContaining('TAMPERED (edited) at event 5') });
  });

  it('says 2 where there is nothing to compare with, unless less was asked for by name', async () => {
    for (const args of [[], ['--vkey', at('key.txt')], ['--checkpoint', at('checkpoint.txt')]])
      expect(await verify('--export', at('export.ndjson'), ...args)).toMatchObject({ status: 2, report: null });
    expect(await verify('--export', at('export.ndjson'), '--no-anchor')).toMatchObject({
      status: 0,
      report: { result: 'holds', anchored: false },
    });
  });

  it('says 2 for a signature by another key, and for what cannot be read', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const other = verifierKeyOf(privateKey, 'test.example/log').text;
    const [log, checkpoint] = [at('export.ndjson'), at('checkpoint.txt')];
    await keep('grown.txt', (await kept('checkpoint.txt')).replace(/\n(\d+)\n/, '\n9$1\n'));
    await keep('broken', '{"id":1}\n');
    const refused: [string[], string][] = [
      [['--export', log, '--vkey', other, '--checkpoint', checkpoint], 'not signed by a key that was given'],
      [['--export', log, '--vkey', at('key.txt'), '--checkpoint', at('grown.txt')], 'not signed by a key'],
      [['--export', log, '--vkey', at('key.txt'), '--checkpoint', log], 'no signed checkpoint'],
      [['--export', log, '--vkey', at('key.txt'), '--receipt', checkpoint], 'no receipt'],
      [['--export', log, '--vkey', 'x', '--checkpoint', checkpoint], 'neither a verifier key'],
      [['--export', at('nowhere'), '--vkey', at('key.txt'), '--checkpoint', checkpoint], 'ENOENT'],
      [['--export', at('broken'), '--vkey', at('key.txt'), '--checkpoint', checkpoint], 'line 1'],
      [['--export', log, '--no-anchor', '--checkpoint', checkpoint], 'goes with neither'],
      [[], '--export'],
      [['--what'], '--help'],
    ];
    for (const [args, words] of refused)
      expect(await verify(...args)).toMatchObject({ status: 2, report: null, stderr: expect.stringContaining(words) });
  });
});
