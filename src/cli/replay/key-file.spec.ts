import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeyFile } from './key-file.js';

const URL = 'http://127.0.0.1:8000';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('KeyFile', () => {
  it('keeps the secrets of each substrate apart, for its owner only', async () => {
    const path = join(folder, 'keys.json');
    const one = await KeyFile.open(path, URL, 'log-one');
    await one.keepPassword('replay-operator', 'secret');
    await one.keepAgentKey('aider-user-01', 'es_1');
    const two = await KeyFile.open(path, URL, 'log-two');
    expect(two.agentKey('aider-user-01')).toBeNull();
    await two.keepAgentKey('aider-user-01', 'es_2');
    const again = await KeyFile.open(path, URL, 'log-one');
    expect([again.agentKey('aider-user-01'), again.password('replay-operator')]).toEqual(['es_1', 'secret']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('knows no keys of prototypes', async () => {
    const file = await KeyFile.open(join(folder, 'absent.json'), URL, null);
    expect(file.agentKey('constructor')).toBeNull();
  });

  it('does not overwrite a file that is something else', async () => {
    const path = join(folder, 'other.json');
    await writeFile(path, '{"name":"something"}');
    await expect(KeyFile.open(path, URL, null)).rejects.toThrow(/is not a key file/);
  });
});
