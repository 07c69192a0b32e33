import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CompactRange, eventHash } from '../../src/event-log/chain.js';
import { addCheckpointText } from '../../src/event-log/note/add-checkpoint.js';
import { playScene, sizeOf, type AttackScene } from '../support/attack-scene.js';
import { checkpointOf, exportOf, proofFrom, putLog, rechained } from '../support/attacked-log.js';
import {
  anotherHistory,
  asSuperuser,
  attackedDatabase,
  ATTACKS,
  EXPORT_ATTACKS,
  missedOf,
  optionsAfter,
} from '../support/attacks.js';
import { runCli } from '../support/run-cli.js';
import { startProcess } from '../support/server-process.js';
import { copyDatabase, createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startVerifiers, type Verifiers } from '../support/verifiers.js';

let scene: AttackScene;
let verifiers: Verifiers;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  scene = await playScene();
  verifiers = startVerifiers(1);
});

afterAll(async () => {
  verifiers.close();
  for (const database of databases) await database.drop();
  await scene.close();
});

const holds = { status: 0, report: { result: 'holds', findings: [] } };

/** A copy that somebody worked in, dropped in the end. */
async function changed(work: Parameters<typeof asSuperuser>[1] = () => Promise.resolve()): Promise<string> {
  const database = await copyDatabase(scene.database.url);
  databases.push(database);
  await asSuperuser(database.url, work);
  return database.url;
}

async function keep(name: string, text: string): Promise<string> {
  const path = join(scene.folder, name);
  await writeFile(path, text);
  return path;
}

const verifyDatabase = (url: string, ...anchors: string[]) => verifiers.verify(['--database', url, ...anchors]);

describe('a log that nobody touched', () => {
  it('holds, with every checkpoint along the way and a receipt', async () => {
    expect(await verifyDatabase(scene.database.url, ...scene.anchors)).toMatchObject(holds);
    expect(await verifiers.verify(['--export', scene.exportFile, ...scene.anchors])).toMatchObject(holds);
    expect(scene.log.length).toBeGreaterThan(60);
  });

  it('holds in a copy by backup and restore', async () => {
    const target = await createTestDatabase({ empty: true });
    databases.push(target);
    const file = join(scene.folder, 'whole.sql.gz');
    expect(await runCli('backup', [file], { DATABASE_URL: scene.database.url })).toMatchObject({ status: 0 });
    expect(await runCli('restore', [file], { DATABASE_URL: target.url })).toMatchObject({ status: 0 });
    expect(await verifyDatabase(target.url, ...scene.anchors)).toMatchObject(holds);
  });

  it('holds with other settings of the database: time zone, formats of dates, numbers and bytes', async () => {
    const settings = [
      `timezone = 'Asia/Kathmandu'`,
      'datestyle = german',
      'bytea_output = escape',
      'extra_float_digits = -15',
      'search_path = nowhere',
      'enable_indexscan = off',
    ];
    const url = await changed(async (client) => {
      const { rows } = await client.query<{ name: string }>('select current_database() as name');
      for (const setting of settings) await client.query(`alter database ${rows[0]?.name} set ${setting}`);
    });
    expect(await verifyDatabase(url, ...scene.anchors)).toMatchObject(holds);
  });

  it('holds whatever its clock said: order is the id, and time is information', async () => {
    const { log, key, keyFile } = scene;
    const back = rechained(log, 5, (body) => {
      if (Number(body['id']) % 2 === 1) body['occurred_at'] = '2001-02-03T04:05:06.000007Z';
    });
    const url = await changed(async (client) => {
      await client.query('alter table event_log drop constraint event_log_follows');
      await putLog(client, back);
    });
    const checkpoint = await keep('back.txt', checkpointOf(back, key));
    expect(await verifyDatabase(url, '--vkey', keyFile, '--checkpoint', checkpoint)).toMatchObject(holds);
    const set = `occurred_at = occurred_at - interval '1 day'`;
    const edited = await changed((client) => client.query(`update event_log set ${set} where id = 7`));
    const { report } = await verifyDatabase(edited, ...scene.anchors);
    expect(report?.findings[0]).toMatchObject({
      kind: 'edited',
      event_id: 7,
      reason: expect.stringContaining('occurred_at'),
    });
  });
});

describe('in a database, the verifier finds', () => {
  it.each(ATTACKS.map((attack) => [attack.name, attack] as const))('%s', async (_, attack) => {
    const database = await attackedDatabase(scene, attack);
    try {
      expect(missedOf(attack, scene, await verifiers.verify(optionsAfter(attack, database.url, scene)))).toBeNull();
      if (attack.traceless === true)
        expect(await verifyDatabase(database.url, '--no-anchor')).toMatchObject({ status: 0 });
    } finally {
      await database.drop();
    }
  });

  it('an old backup that was put back', async () => {
    const target = await createTestDatabase({ empty: true });
    databases.push(target);
    const restored = await runCli('restore', [scene.oldBackup, '--json'], { DATABASE_URL: target.url });
    const { log } = JSON.parse(restored.stdout) as { log: { size: number } };
    expect(await verifyDatabase(target.url, '--no-anchor')).toMatchObject(holds);
    expect(await verifyDatabase(target.url, ...scene.anchors)).toMatchObject({
      status: 1,
      report: { findings: [{ kind: 'truncated', event_id: log.size + 1 }] },
    });
  });
});

describe('in an export, the verifier finds', () => {
  it.each(EXPORT_ATTACKS.map((attack) => [attack.name, attack] as const))('%s', async (name, attack) => {
    const path = await keep(`${name}.ndjson`, exportOf(attack.make(scene.log)));
    expect(missedOf(attack, scene, await verifiers.verify(['--export', path, ...scene.anchors]))).toBeNull();
  });

  it('never a tree in another: an odd last event counts once (CVE-2012-2459)', () => {
    for (let size = 1; size <= 64; size += 1) {
      const range = CompactRange.empty();
      for (let i = 0; i < size; i += 1) range.append(eventHash(Buffer.from(String(i))));
      const root = range.root();
      range.append(eventHash(Buffer.from(String(size - 1))));
      expect(range.root().equals(root)).toBe(false);
    }
  });
});

describe('without what was kept, the verifier', () => {
  it.each([
    ['no anchor', () => []],
    ['the key alone', () => ['--vkey', scene.keyFile]],
    ['a checkpoint without the key', () => ['--checkpoint', scene.checkpointFile]],
    ['a key of somebody else', () => ['--vkey', 'x+00000000+AQ==', '--checkpoint', scene.checkpointFile]],
    ['a checkpoint file that is gone', () => ['--vkey', scene.keyFile, '--checkpoint', join(scene.folder, 'gone')]],
  ] as const)('says 2, never 0: %s', async (_, anchors) => {
    for (const log of [
      ['--database', scene.database.url],
      ['--export', scene.exportFile],
    ])
      expect(await verifiers.verify([...log, ...anchors()])).toMatchObject({ status: 2, report: null });
  });
});

describe('somebody who holds the database and the signing key', () => {
  /** The rewritten log, with a checkpoint that the key signed for it. */
  async function forged(): Promise<{ readonly log: AttackScene['log']; readonly checkpoint: string }> {
    const log = anotherHistory(scene.log);
    return { log, checkpoint: await keep('forged.txt', checkpointOf(log, scene.key)) };
  }

  /** A database in which nothing is left of the first history, checkpoints included. */
  async function rewrittenDatabase(): Promise<string> {
    const { log } = await forged();
    return changed(async (client) => {
      await putLog(client, log);
      await client.query('delete from cosignatures; delete from checkpoint_sinks');
      const { rows } = await client.query<{ size: number }>('select size from checkpoints');
      for (const { size } of rows) {
        const note = checkpointOf(log.slice(0, size), scene.key);
        await client.query('update checkpoints set note = $2 where size = $1', [size, note]);
      }
    });
  }

  it('cannot take back a checkpoint that an auditor kept', async () => {
    const { checkpoint } = await forged();
    const url = await rewrittenDatabase();
    const vkey = ['--vkey', scene.keyFile];
    expect(await verifyDatabase(url, ...vkey, '--checkpoint', checkpoint)).toMatchObject(holds);
    expect(await verifyDatabase(url, ...scene.anchors)).toMatchObject({
      status: 1,
      report: { findings: [{ kind: 'rewritten' }] },
    });
  });

  it('cannot show two readers two histories that each fit what the other was shown', async () => {
    const [first, second] = [scene.log, (await forged()).log];
    const shown = await Promise.all(
      [first, second].map(async (log, i) => [
        await keep(`shown-${i}.ndjson`, exportOf(log)),
        await keep(`shown-${i}.txt`, checkpointOf(log, scene.key)),
      ]),
    );
    const verdicts = shown.flatMap(([ndjson = '']) =>
      shown.map(async ([, checkpoint = '']) => {
        const { status, report } = await verifiers.verify([
          '--export',
          ndjson,
          '--vkey',
          scene.keyFile,
          '--checkpoint',
          checkpoint,
        ]);
        return [status, report?.findings[0]?.kind ?? null];
      }),
    );
    expect(await Promise.all(verdicts)).toEqual([
      [0, null],
      [1, 'rewritten'],
      [1, 'rewritten'],
      [0, null],
    ]);
  });

  it('gets no cosignature for a second history from a witness of the first', async () => {
    const { log, checkpoint } = await forged();
    expect(scene.cosigned).toContain('\n— witness.example/w ');
    expect(sizeOf(scene.cosigned)).toBe(log.length);
    const longer = rechained([...log, ...anotherHistory(scene.log, 1)].slice(0, log.length), 1, () => undefined);
    const requests = [
      { oldSize: log.length, proof: [], checkpoint: await readFile(checkpoint, 'utf8') },
      { oldSize: 0, proof: [], checkpoint: await readFile(checkpoint, 'utf8') },
      { oldSize: log.length, proof: await proofFrom(20, log), checkpoint: checkpointOf(longer, scene.key) },
    ];
    for (const request of requests) {
      const body = addCheckpointText(request);
      const answer = await fetch(`${scene.witness.url}/add-checkpoint`, { method: 'POST', body });
      expect([409, 422]).toContain(answer.status);
      expect(await answer.text()).not.toContain('—');
    }
  });

  it('cannot go on with a server that has a witness or the checkpoint file', async () => {
    const url = await rewrittenDatabase();
    const alone = { ...scene.environment, DATABASE_URL: url, WITNESSES: '', CHECKPOINT_FILE: undefined };
    const file = await keep('of-the-server.txt', await readFile(scene.checkpointFile, 'utf8'));
    const { WITNESSES } = scene.environment;
    await expect(startProcess({ ...alone, CHECKPOINT_FILE: file })).rejects.toThrow(/the log is not what it was/);
    await expect(startProcess({ ...alone, WITNESSES })).rejects.toThrow(/the log is not what it was/);
    // Neither of both: nothing tells.
    const server = await startProcess(alone);
    expect(await server.stop()).toBe(0);
  });
});
