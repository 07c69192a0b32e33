import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playScene, type AttackScene } from '../support/attack-scene.js';
import { exportOf } from '../support/attacked-log.js';
import { attackedDatabase, ATTACKS, EXPORT_ATTACKS, missedOf, optionsAfter } from '../support/attacks.js';
import { buildMutant, MUTANTS } from '../support/mutants.js';
import type { TestDatabase } from '../support/test-database.js';
import { startVerifiers, type Verified, type Verifiers } from '../support/verifiers.js';

let scene: AttackScene;
let verifiers: Verifiers;
let builds: string;
const databases = new Set<TestDatabase>();
const known = new Map<string, Promise<Shown>>();

/** How to show an attack to a verifier, and what a good one makes of it. */
interface Shown {
  readonly options: readonly string[];
  /** What it should have said and did not, in words; null: nothing. */
  readonly missed: (verified: Verified) => string | null;
  readonly database?: TestDatabase;
}

beforeAll(async () => {
  scene = await playScene();
  verifiers = startVerifiers(1);
  // Below the project: what is mutated finds the same modules.
  builds = await mkdtemp(join(process.cwd(), 'dist', 'mutants-'));
});

afterAll(async () => {
  verifiers.close();
  for (const database of databases) await database.drop();
  await scene.close();
  await rm(builds, { recursive: true });
});

/** Each attack is made once, and the verifier as it is must find it. */
function shown(name: string): Promise<Shown> {
  const already = known.get(name);
  if (already) return already;
  const made = make(name).then(async (attack) => {
    expect(attack.missed(await verifiers.verify(attack.options))).toBeNull();
    return attack;
  });
  known.set(name, made);
  return made;
}

async function make(name: string): Promise<Shown> {
  const attack = ATTACKS.find((a) => a.name === name);
  if (attack) {
    const database = await attackedDatabase(scene, attack);
    databases.add(database);
    return {
      database,
      options: optionsAfter(attack, database.url, scene),
      missed: (verified) => missedOf(attack, scene, verified),
    };
  }
  const onExport = EXPORT_ATTACKS.find((a) => `export: ${a.name}` === name);
  if (onExport) {
    const path = join(scene.folder, `${known.size}.ndjson`);
    await writeFile(path, exportOf(onExport.make(scene.log)));
    return {
      options: ['--export', path, ...scene.anchors],
      missed: (verified) => missedOf(onExport, scene, verified),
    };
  }
  const anchors = await refusedAnchors(name);
  const missed = ({ status, report }: Verified) => (status === 2 && report === null ? null : `status ${status}`);
  return { options: ['--export', scene.exportFile, ...anchors], missed };
}

/** Anchors with which nothing can be verified: exit 2. */
async function refusedAnchors(name: string): Promise<string[]> {
  const { keyFile, lastCheckpointFile, receiptFile } = scene;
  const vkey = (await readFile(keyFile, 'utf8')).trim();
  const other = join(scene.folder, `${known.size}.txt`);
  switch (name) {
    case 'refusal: no anchor':
      return ['--vkey', keyFile];
    case 'refusal: a key of somebody else':
      return [
        '--vkey',
        'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
        '--checkpoint',
        lastCheckpointFile,
      ];
    case 'refusal: a key with the id of another':
      return ['--vkey', vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), '--no-anchor'];
    case 'refusal: a checkpoint that somebody changed':
      await writeFile(
        other,
        (await readFile(lastCheckpointFile, 'utf8')).replace(/\n\d+\n/, `\n${scene.log.length + 1}\n`),
      );
      return ['--vkey', keyFile, '--checkpoint', other];
    case 'refusal: a receipt beyond its checkpoint':
      await writeFile(other, (await readFile(receiptFile, 'utf8')).replace(/index \d+/, 'index 5000'));
      return ['--vkey', keyFile, '--receipt', other];
    default:
      throw new Error(`there is no attack ${name}`);
  }
}

describe('a verifier that lacks a check', () => {
  it('is built as the whole one is, which finds what it must', async () => {
    const same = { file: 'cli/verify.js', find: 'await runCommand(main);', replace: 'await runCommand(main);' };
    const build = await buildMutant(join(builds, 'same'), { ...same, shows: 'the suffix rewritten' });
    for (const name of ['the suffix rewritten', 'a row of limits edited', 'export: another history']) {
      const { options, missed } = await shown(name);
      expect(missed(await verifiers.verify(options, build))).toBeNull();
    }
  });

  it.each(MUTANTS.map((mutant, i) => [i, mutant.file, mutant.find.trim(), mutant] as const))(
    '%i: %s without %s does not find what shows it',
    async (i, _file, _find, mutant) => {
      const { options, missed, database } = await shown(mutant.shows);
      const build = await buildMutant(join(builds, String(i)), mutant);
      expect(missed(await verifiers.verify(options, build))).not.toBeNull();
      await rm(build, { recursive: true });
      // Nobody needs it any more, and many of them take much room.
      if (database && MUTANTS.findLastIndex(({ shows }) => shows === mutant.shows) === i) {
        databases.delete(database);
        await database.drop();
      }
    },
  );
});
