import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkIndependently, HAS_CHECKER } from '../support/checker.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startTestApp({ BOOTSTRAP_USERNAME: 'maintainer', BOOTSTRAP_PASSWORD: 'choose a long password' });
  folder = await mkdtemp(join(tmpdir(), 'echo-readme-'));
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

/** The blocks of the README's tour, but the one that starts the server. */
async function tour(): Promise<string[]> {
  const readme = await readFile('README.md', 'utf8');
  const [, section = ''] = /## Five minutes with curl\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const blocks = [...section.matchAll(/```bash\n([\s\S]*?)```/g)].map((m) => m[1] ?? '');
  return blocks.filter((block) => !block.includes('npm start'));
}

/** Runs a script in one shell; answers what each block printed. */
function run(blocks: readonly string[]): Promise<string[]> {
  const script = blocks
    .map((block) => `${block}\necho; echo '---8<---'`)
    .join('\n')
    .replaceAll('http://127.0.0.1:8000', app.url);
  const shell = spawn('bash', ['-eu', '-o', 'pipefail', '-c', script], { cwd: folder });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    shell.once('close', (code) => {
      if (code === 0) resolve(output.split('---8<---'));
      else reject(new Error(`the tour ended with ${code}: ${output}`));
    });
  });
}

describe('the README', () => {
  it('leads from a login to a verified log', async () => {
    const blocks = await tour();
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    const [, allocated, acted, refused, audited] = await run(blocks);
    expect(allocated).toContain('"allocated_budget":5');
    expect(acted).toContain('"remaining_budget":3.75');
    for (const code of ['METABOLISM.BUDGET_EXCEEDED', 'AGENTS.NOT_CAPABLE', 'IMMUNE.QUARANTINED'])
      expect(refused).toContain(code);
    expect(refused).toContain('"is_quarantined":false');
    expect(audited).toMatch(/\btrue\b/);
    const [ndjson = '', checkpoint = '', key = ''] = await Promise.all(
      ['export.ndjson', 'checkpoint.txt', 'key.txt'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    if (HAS_CHECKER) expect(await checkIndependently({ export: ndjson, checkpoint, key })).toMatchObject({ status: 0 });
  });
});
