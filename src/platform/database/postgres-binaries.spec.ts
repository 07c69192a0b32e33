import { lstat, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { embeddedBinaries, makeLinks } from './postgres-binaries.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-links-'));
  await mkdir(join(folder, 'native/lib'), { recursive: true });
  await writeFile(join(folder, 'native/lib/libpq.so.5.18'), 'a library');
  const names = ['libpq.so', 'libpq.so.5'];
  const links = names.map((name) => ({ source: 'native/lib/libpq.so.5.18', target: `native/lib/${name}` }));
  await writeFile(join(folder, 'native/pg-symlinks.json'), JSON.stringify(links));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the links between libraries', () => {
  it('are made where they are missing, by several at once, and then left alone', async () => {
    await Promise.all(Array.from({ length: 5 }, () => makeLinks(folder)));
    const link = join(folder, 'native/lib/libpq.so');
    expect(await readlink(link)).toBe('libpq.so.5.18');
    expect(await readFile(join(folder, 'native/lib/libpq.so.5'), 'utf8')).toBe('a library');
    const { ino } = await lstat(link);
    await makeLinks(folder);
    expect((await lstat(link)).ino).toBe(ino);
  });

  it('that cannot be made are named, with what to do', async () => {
    await writeFile(join(folder, 'native/pg-symlinks.json'), '[{"source":"native/lib/a","target":"nowhere/b"}]');
    await expect(makeLinks(folder)).rejects.toThrow(/nowhere\/b is missing and cannot be made.*DATABASE_URL/);
  });

  it('are not asked for where a package has none', async () => {
    await rm(join(folder, 'native/pg-symlinks.json'));
    await expect(makeLinks(folder)).resolves.toBeUndefined();
  });
});

describe('the embedded programs', () => {
  it('are found', async () => {
    const { initdb, postgres } = await embeddedBinaries();
    expect((await lstat(initdb)).isFile() && (await lstat(postgres)).isFile()).toBe(true);
  });

  it('are missed by the name of the platform', async () => {
    const { platform } = process;
    Object.defineProperty(process, 'platform', { value: 'plan9' });
    try {
      await expect(embeddedBinaries()).rejects.toThrow(/plan9-.*DATABASE_URL/);
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
  });
});
