import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ADD_CHECKPOINT_BYTES_MAX } from '../../src/event-log/note/add-checkpoint.js';
import { cosignedAt, parseWitnessKey } from '../../src/event-log/note/cosignature.js';
import { parseNote } from '../../src/event-log/note/note.js';
import { runCli } from '../support/run-cli.js';
import { startBuilt, type ServerProcess } from '../support/server-process.js';
import { syntheticLog, type SyntheticLog } from '../support/synthetic-log.js';

const NAME = 'witness.example/w1';

interface Status {
  readonly name: string;
  readonly vkey: string;
  readonly logs: readonly { origin: string; size: number; root: string | null; cosigned_at: string | null }[];
}

let folder: string;
let made = 0;
const running = new Set<ServerProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-witness-'));
});

afterEach(async () => {
  for (const witness of running) await witness.stop();
  running.clear();
});

afterAll(() => rm(folder, { recursive: true }));

const newFolder = (): string => join(folder, `w${(made += 1)}`);

async function start(data: string, ...keys: { readonly key: { readonly text: string } }[]): Promise<ServerProcess> {
  const logs = keys.flatMap(({ key }) => ['--log', key.text]);
  const witness = await startBuilt('cli/witness.js', ['--name', NAME, '--data', data, '--port', '0', ...logs]);
  running.add(witness);
  return witness;
}

async function post(witness: ServerProcess, body: string | Buffer) {
  const answer = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

async function status(witness: ServerProcess): Promise<Status> {
  return (await (await fetch(`${witness.url}/status`)).json()) as Status;
}

const sizeOf = async (witness: ServerProcess): Promise<number | undefined> => (await status(witness)).logs[0]?.size;

async function kill(witness: ServerProcess): Promise<void> {
  const exit = once(witness.child, 'exit');
  witness.child.kill('SIGKILL');
  await exit;
}

function grownLog(leaves: number): SyntheticLog {
  const log = syntheticLog('log.example/one');
  log.grow(leaves);
  return log;
}

/** A witness that has cosigned the log as it is. */
async function startAt(log: SyntheticLog, data = newFolder()): Promise<ServerProcess> {
  const witness = await start(data, log);
  expect(await post(witness, await log.request(0))).toMatchObject({ status: 200 });
  return witness;
}

describe('a witness', () => {
  it('cosigns the first checkpoint of a log and each that adds to it', async () => {
    const log = grownLog(5);
    const witness = await start(newFolder(), log);
    const key = parseWitnessKey(/verifier key: (\S+)/.exec(witness.output())?.[1] ?? '');
    if (!key) throw new Error(`no key: ${witness.output()}`);
    expect(await status(witness)).toEqual({
      name: NAME,
      vkey: key.text,
      logs: [{ origin: log.key.name, size: 0, root: null, cosigned_at: null }],
    });
    let oldSize = 0;
    for (const grow of [0, 1, 2, 0, 300]) {
      log.grow(grow);
      const before = Math.floor(Date.now() / 1000);
      const answer = await post(witness, await log.request(oldSize));
      expect(answer).toMatchObject({ status: 200, type: expect.stringContaining('text/plain') });
      const note = parseNote(log.checkpoint() + answer.text);
      expect(note?.signatures.map(({ name }) => name)).toEqual([log.key.name, NAME]);
      const time = note && cosignedAt(note, key);
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
      oldSize = log.size;
      const root = log.text().split('\n')[2];
      expect((await status(witness)).logs[0]).toMatchObject({ size: oldSize, root });
    }
    expect(witness.output().match(/ cosigned log\.example\/one, size/g)).toHaveLength(5);
  });

  it('takes the checkpoint of an empty log', async () => {
    const log = grownLog(0);
    const witness = await startAt(log);
    log.grow(1);
    expect(await post(witness, await log.request(0))).toMatchObject({ status: 200 });
  });

  it('refuses what the specification has refused, each with its status, and remembers what it did', async () => {
    const log = grownLog(20);
    const witness = await startAt(log);
    log.grow(10);
    const good = await log.request(20);
    const stranger = syntheticLog('log.example/other');
    stranger.grow(3);
    const impostor = log.withNewKey();
    const lines = good.split('\n');
    const signature = lines.at(-2) ?? '';
    const broken = signature.replace(/.{12}$/, `${'A'.repeat(10)}==`);
    const wrongProof = [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n');
    const refused: [string | Buffer, number][] = [
      ['', 400],
      ['old 20\n', 400],
      [good.slice(0, -1), 400],
      [good.replace('old 20', 'old x'), 400],
      [good.replace(/\n30\n/, '\n030\n'), 400],
      [Buffer.concat([Buffer.from(good), Buffer.from([0xff, 0x0a])]), 400],
      [`\ufeff${good}`, 400],
      [await stranger.request(0), 404],
      [await impostor.request(20), 403],
      [good.replace(/\n30\n/, '\n31\n'), 403],
      [`${good}${broken}\n`, 403],
      [good.replace('old 20', 'old 31'), 400],
      [good.replace('old 20', 'old 19'), 409],
      [await log.request(0), 409],
      [good.replace('old 20', 'old 30'), 409],
      [wrongProof, 422],
      [good.replace(/^(old 20\n)[^\n]+\n/, '$1'), 422],
      ['x'.repeat(ADD_CHECKPOINT_BYTES_MAX + 1), 413],
    ];
    for (const [body, expected] of refused)
      expect([body, (await post(witness, body)).status]).toEqual([body, expected]);
    expect(await post(witness, await log.request(25))).toEqual({ status: 409, type: 'text/x.tlog.size', text: '20\n' });
    expect(await sizeOf(witness)).toBe(20);
    expect(await post(witness, good)).toMatchObject({ status: 200 });
    expect(witness.output().match(/ refused \(4\d\d\) /g)).toHaveLength(refused.length);
    expect(witness.output()).toContain('refused (404) log.example/other, size 3, root ');
  });

  it('has nothing else to say', async () => {
    const witness = await start(newFolder(), grownLog(0));
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/add-checkpoint'],
      ['POST', '/status'],
      ['GET', '/constructor'],
      ['POST', '/x/add-checkpoint'],
    ] as const)
      expect((await fetch(`${witness.url}${path}`, { method })).status).toBe(404);
  });

  it('never cosigns two histories, and keeps the proof that a log signed both', async () => {
    const log = grownLog(10);
    const witness = await startAt(log);
    const other = log.fork('other');
    log.grow(5);
    other.grow(5);
    expect(await post(witness, await log.request(10))).toMatchObject({ status: 200 });
    const forked = await other.request(15);
    const answer = await post(witness, forked);
    expect(answer).toMatchObject({ status: 409, text: expect.stringContaining('forked') });
    expect(answer.type).toContain('text/plain');
    const evidence = /forked (\[.+\])$/m.exec(witness.output())?.[1] ?? '[]';
    expect(JSON.parse(evidence)).toEqual([log.checkpoint(), other.checkpoint()]);
    other.grow(5);
    expect(await post(witness, await other.request(15))).toMatchObject({ status: 422 });
    log.grow(1);
    expect(await post(witness, await log.request(15))).toMatchObject({ status: 200 });
  });

  it('takes one of twenty histories that come at once', async () => {
    const log = grownLog(7);
    const witness = await startAt(log);
    const branches = Array.from({ length: 20 }, (_, i) => {
      const branch = log.fork(`branch ${i}`);
      branch.grow(i + 1);
      return branch;
    });
    const bodies = await Promise.all(branches.map((branch) => branch.request(7)));
    const answers = await Promise.all(bodies.map((body) => post(witness, body)));
    const winners = branches.filter((_, i) => answers[i]?.status === 200);
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    const losers = answers.filter(({ status: code }) => code !== 200);
    expect(new Set(losers.map(({ status: code }) => code))).toEqual(new Set([409]));
    const [known] = (await status(witness)).logs;
    expect(known).toMatchObject({ size: winner?.size, root: winner?.text().split('\n')[2] });
  });

  it('watches several logs, and takes any key of a log that changes its key', async () => {
    const data = newFolder();
    const [log, second] = [grownLog(4), syntheticLog('log.example/two')];
    second.grow(2);
    const first = await startAt(log, data);
    await first.stop();
    const renewed = log.withNewKey();
    const witness = await start(data, log, renewed, second);
    log.grow(1);
    expect(await post(witness, await renewed.request(4))).toMatchObject({ status: 200 });
    log.grow(1);
    expect(await post(witness, await log.request(5))).toMatchObject({ status: 200 });
    const both = `${await renewed.request(6)}${log.checkpoint().split('\n').at(-2)}\n`;
    expect(await post(witness, both)).toMatchObject({ status: 200 });
    expect(await post(witness, await second.request(0))).toMatchObject({ status: 200 });
    const { logs } = await status(witness);
    expect(logs.map(({ origin, size }) => [origin, size])).toEqual([
      ['log.example/one', 6],
      ['log.example/two', 2],
    ]);
  });
});

describe('the memory of a witness', () => {
  it('outlives a kill, with the key', async () => {
    const data = newFolder();
    const log = grownLog(2);
    const fork = log.fork('other');
    for (const history of [log, fork]) history.grow(1);
    const first = await startAt(log, data);
    const before = await status(first);
    await kill(first);
    const witness = await start(data, log);
    expect(await status(witness)).toEqual(before);
    expect(witness.output()).toContain('did not end in order');
    expect((await stat(join(data, 'witness-key.pem'))).mode & 0o777).toBe(0o600);
    expect(await post(witness, await fork.request(3))).toMatchObject({
      status: 409,
      text: expect.stringContaining('forked'),
    });
    log.grow(1);
    expect(await post(witness, await log.request(0))).toMatchObject({ status: 409, text: '3\n' });
    expect(await post(witness, await log.request(3))).toMatchObject({ status: 200 });
  });

  it('comes before the answer: what cannot be written is not cosigned', async () => {
    const data = newFolder();
    const log = grownLog(3);
    const witness = await startAt(log, data);
    const inTheWay = join(data, 'witness.json.new');
    await mkdir(inTheWay);
    log.grow(1);
    expect(await post(witness, await log.request(3))).toMatchObject({ status: 500 });
    expect(await sizeOf(witness)).toBe(3);
    await rm(inTheWay, { recursive: true });
    expect(await post(witness, await log.request(3))).toMatchObject({ status: 200 });
  });

  it('has what was answered, whenever the kill comes', async () => {
    const data = newFolder();
    const log = grownLog(1);
    await (await startAt(log, data)).stop();
    for (let round = 0; round < 4; round += 1) {
      const witness = await start(data, log);
      let known = (await sizeOf(witness)) ?? 0;
      let answered = known;
      const killed = sleep(30 + 40 * round).then(() => kill(witness));
      for (;;) {
        log.grow(1);
        const answer = await post(witness, await log.request(known)).catch(() => null);
        if (answer === null) break;
        expect(answer.status).toBe(200);
        answered = known = log.size;
      }
      await killed;
      const again = await start(data, log);
      expect(await sizeOf(again)).toBeGreaterThanOrEqual(answered);
      await again.stop();
    }
  });

  it('is not lost unnoticed, nor taken for that of another witness', async () => {
    const data = newFolder();
    const log = grownLog(3);
    await (await startAt(log, data)).stop();
    const run = (name: string) =>
      runCli('witness', ['--name', name, '--data', data, '--port', '0', '--log', log.key.text]);
    expect(await run('witness.example/w2')).toMatchObject({ status: 2, stderr: expect.stringContaining(NAME) });
    const [memory, key] = [join(data, 'witness.json'), join(data, 'witness-key.pem')];
    const [kept, keptKey] = [await readFile(memory, 'utf8'), await readFile(key, 'utf8')];
    await writeFile(memory, kept.replace('log.example', 'log.example\\u0001\\n'));
    expect(await run(NAME)).toMatchObject({ status: 2, stderr: expect.stringContaining('not what a witness wrote') });
    await rm(memory);
    expect(await run(NAME)).toMatchObject({ status: 2, stderr: expect.stringContaining('no memory') });
    await writeFile(memory, kept);
    await rm(key);
    expect(await run(NAME)).toMatchObject({ status: 2, stderr: expect.stringContaining('witness-key.pem') });
    await writeFile(key, keptKey);
    expect(await sizeOf(await start(data, log))).toBe(3);
  });

  it('is for one process at a time', async () => {
    const data = newFolder();
    const log = grownLog(3);
    const witness = await startAt(log, data);
    const inUse = { status: 2, stderr: expect.stringContaining(`in use by a witness with pid ${witness.child.pid}`) };
    expect(await runCli('witness', ['--name', NAME, '--data', data, '--log', log.key.text])).toMatchObject(inUse);
    expect(await runCli('witness', ['--forget', log.key.name, '--data', data])).toMatchObject(inUse);
    expect(await witness.stop()).toBe(0);
    // A pid that now is that of another program, and one of nobody.
    for (const pid of [process.pid, 2 ** 22 + 1]) {
      await writeFile(join(data, 'witness.lock'), `${pid}\n`);
      const next = await start(data, log);
      expect(next.output()).toContain(`the witness with pid ${pid} did not end in order`);
      expect(await next.stop()).toBe(0);
    }
    await expect(stat(join(data, 'witness.lock'))).rejects.toThrow('ENOENT');
  });

  it('is forgotten for one log on purpose, and only then takes a shorter history', async () => {
    const data = newFolder();
    const log = grownLog(8);
    const backup = log.fork('after the restore');
    log.grow(4);
    const first = await startAt(log, data);
    backup.grow(1);
    expect(await post(first, await backup.request(0))).toMatchObject({ status: 409, text: '12\n' });
    await first.stop();
    const forget = (...args: string[]) => runCli('witness', ['--data', data, '--forget', ...args]);
    expect(await forget('log.example/two')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('remembers nothing of log.example/two'),
    });
    const { status: code, stdout } = await forget(log.key.name, '--json');
    expect(code).toBe(0);
    const { forgot } = JSON.parse(stdout) as { forgot: object };
    expect(forgot).toMatchObject({ origin: log.key.name, size: 12, note: log.checkpoint() });
    expect(await forget(log.key.name)).toMatchObject({ status: 2 });
    const witness = await start(data, log);
    expect(await post(witness, await backup.request(0))).toMatchObject({ status: 200 });
    expect(await post(witness, await log.request(9))).toMatchObject({ status: 422 });
  });
});

describe('the command line of a witness', () => {
  it('says what is wrong with it', async () => {
    const { text } = grownLog(0).key;
    const data = newFolder();
    const wrong: [string[], string][] = [
      [[], '--name'],
      [['--name', 'a b', '--log', text], 'spaces'],
      [['--name', NAME], '--log'],
      [['--name', NAME, '--log', 'x'], 'neither a verifier key'],
      [['--name', NAME, '--log', text, '--port', '70000'], 'no port'],
      [['--name', NAME, '--log', text, '--data', data, '--host', 'nowhere.invalid'], 'cannot listen'],
      [['--name', NAME, '--forget', 'x'], '--forget goes with'],
      [['--forget', 'x', '--data', newFolder()], 'is not there'],
      [['--forget', 'x', '--data', folder], 'not the folder of a witness'],
      [['--what'], '--help'],
    ];
    for (const [args, words] of wrong)
      expect(await runCli('witness', args)).toMatchObject({ status: 2, stderr: expect.stringContaining(words) });
    expect(await runCli('witness', ['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage') });
  });

  it('has a log key in a file, and tells what it does as JSON', async () => {
    const [log, data, file] = [grownLog(2), newFolder(), join(folder, 'key.txt')];
    await writeFile(file, `${log.key.text}\n`);
    const args = ['--name', NAME, '--data', data, '--port', '0', '--log', file, '--json'];
    const witness = await startBuilt('cli/witness.js', args);
    running.add(witness);
    const [line = ''] = witness.output().split('\n');
    const { listens_on: url } = JSON.parse(line) as { listens_on: string };
    expect((await fetch(`${url}/add-checkpoint`, { method: 'POST', body: await log.request(0) })).status).toBe(200);
    expect((await fetch(`${url}/add-checkpoint`, { method: 'POST', body: 'x' })).status).toBe(400);
    expect(await witness.stop()).toBe(0);
    const lines = witness.output().split('\n');
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ status: 200, origin: log.key.name, size: 2 });
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ status: 400, origin: null });
  });
});
