import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A checker of exports that shares no code with us; not everywhere at hand. */
const CHECKER = resolve('../shared/tools/check-export.mjs');

/** What an auditor takes away. */
export interface AuditFiles {
  readonly export: string;
  readonly checkpoint: string;
  readonly key: string;
}

/** Whether the independent checker is here. */
export const HAS_CHECKER = existsSync(CHECKER);

/** Fetches export, checkpoint and key. The checkpoint comes first: the export must cover it. */
export async function auditFiles(url: string, auditor: string): Promise<AuditFiles> {
  const get = async (path: string): Promise<string> => {
    const answer = await fetch(`${url}/api/v1/audit/${path}`, { headers: { authorization: `Bearer ${auditor}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.text();
  };
  const [checkpoint, key] = [await get('checkpoint'), await get('key')];
  return { checkpoint, key, export: await get('export') };
}

/** Runs the independent checker over files that are left in a temporary folder; answers its exit status and words. */
export async function checkIndependently(files: AuditFiles): Promise<{ status: number | null; words: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'echo-check-'));
  const [ndjson, checkpoint, key] = ['export.ndjson', 'checkpoint.txt', 'key.txt'].map((name) => join(folder, name));
  await writeFile(ndjson ?? '', files.export);
  await writeFile(checkpoint ?? '', files.checkpoint);
  await writeFile(key ?? '', files.key);
  const run = spawnSync(
    process.execPath,
    [CHECKER, ndjson ?? '', '--checkpoint', checkpoint ?? '', '--vkey', key ?? ''],
    { encoding: 'utf8' },
  );
  return { status: run.status, words: `${run.stdout}${run.stderr}`.trim() };
}
