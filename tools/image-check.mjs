#!/usr/bin/env node
// Runs the Dockerfile's steps without Docker, each stage in a clean folder, then starts what comes out as the image would:
// in production mode, with a .env from init-env, on a PostgreSQL of its own. `npm run image:check`; exit 1 says what failed.
// What it cannot show: the base image, the user and the read-only file system.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

const context = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Longest wait for the server to be healthy, in ms. */
const START_MS = 30_000;
/** Variables without which production must not start. */
const REQUIRED = ['DATABASE_URL', 'SECRET_KEY', 'LOG_SIGNING_KEY', 'LOG_ORIGIN'];

const say = (line) => console.log(`image:check ${line}`);
const check = (holds, what) => {
  if (!holds) throw new Error(`${what}: no`);
  say(`${what}: yes`);
};

/** Instructions of a Dockerfile, continued lines joined. */
function instructions(text) {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '');
  return lines
    .split('\n')
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, name, rest]) => ({ name, rest }));
}

/** Names at the top of the context that .dockerignore leaves out; it has nothing but such names, `*` and `!`. */
function ignored(name) {
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
  const matches = (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(name);
  return patterns.reduce((is, p) => (p.startsWith('!') ? is && !matches(p.slice(1)) : is || matches(p)), false);
}

function copyFromContext(source, target) {
  const names = source === '.' ? readdirSync(context).filter((name) => !ignored(name)) : [source];
  for (const name of names) cpSync(join(context, name), join(target, name), { recursive: true });
}

/** Runs the stages in folders below `root`; answers the folder of the last one, its HEALTHCHECK and its CMD. */
function build(root) {
  const stages = new Map();
  let stage;
  let healthcheck = '';
  let command = [];
  for (const { name, rest } of instructions(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
    switch (name) {
      case 'FROM': {
        stage = { root: join(root, String(stages.size)), workdir: '/', env: {} };
        mkdirSync(stage.root);
        stages.set(/ AS (\S+)$/.exec(rest)?.[1] ?? 'last', stage);
        break;
      }
      case 'WORKDIR':
        stage.workdir = rest;
        mkdirSync(join(stage.root, rest), { recursive: true });
        break;
      case 'COPY': {
        const [, from, paths] = /^(?:--from=(\S+) )?(?:--chown=\S+ )?(.*)$/.exec(rest);
        const sources = paths.split(' ');
        const named = sources.pop();
        const target = isAbsolute(named) ? join(stage.root, named) : join(stage.root, stage.workdir, named);
        for (const source of sources) {
          if (from) cpSync(join(stages.get(from).root, source), target, { recursive: true, verbatimSymlinks: true });
          else copyFromContext(source, target);
        }
        break;
      }
      case 'RUN': {
        say(`RUN ${rest}`);
        const ran = spawnSync(rest, { shell: true, cwd: join(stage.root, stage.workdir), encoding: 'utf8' });
        if (ran.status !== 0) throw new Error(`RUN ${rest} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
        break;
      }
      case 'ENV': {
        const [key, value] = rest.split('=');
        stage.env[key] = value;
        break;
      }
      case 'HEALTHCHECK':
        healthcheck = JSON.parse(/CMD (\[.*\])$/.exec(rest)[1]);
        break;
      case 'CMD':
        command = JSON.parse(rest);
        break;
      case 'ARG':
      case 'USER':
      case 'EXPOSE':
        break;
      default:
        throw new Error(`${name} is no instruction that this check knows`);
    }
  }
  return { folder: join(stage.root, stage.workdir), env: stage.env, healthcheck, command };
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Starts the image's command; answers the process, what it said, and the end of it. */
function start({ folder, command: [program, ...args] }, env) {
  const child = spawn(program, args, { cwd: folder, env: { PATH: process.env.PATH, ...env } });
  const run = { child, words: '', ended: null };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (run.words += chunk));
  run.end = new Promise((done) => child.once('exit', (code) => done((run.ended = code ?? -1))));
  return run;
}

async function untilHealthy(image, env, run) {
  const [program, ...args] = image.healthcheck;
  const probe = () => spawnSync(program, args, { env: { PATH: process.env.PATH, ...env } }).status;
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && run.ended === null;) {
    if (probe() === 0) return true;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error(`it does not become healthy:\n${run.words}`);
}

async function checkImage(image, databaseUrl) {
  check(!existsSync(join(image.folder, 'node_modules/jest')), 'nothing but what production needs is in it');
  const written = spawnSync(
    process.execPath,
    ['dist/src/cli/init-env.js', '--file', '-', '--database-url', databaseUrl],
    { cwd: image.folder, encoding: 'utf8' },
  );
  const settings = parseEnv(written.stdout);
  const port = await freePort();
  for (const name of REQUIRED) {
    const run = start(image, { ...image.env, ...settings, [name]: '' });
    check((await run.end) === 1 && run.words.includes(`${name} is required in production`), `refuses without ${name}`);
  }
  const env = { ...image.env, ...settings, API_PORT: String(port), API_HOST: '127.0.0.1' };
  const run = start(image, env);
  check(await untilHealthy(image, env, run), 'starts in production and its HEALTHCHECK is content');
  const login = await fetch(`http://127.0.0.1:${port}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: settings.BOOTSTRAP_USERNAME, password: settings.BOOTSTRAP_PASSWORD }),
  });
  check(login.status === 200, 'the first user logs in');
  run.child.kill('SIGTERM');
  check((await run.end) === 0, 'stops in order');
  const { BOOTSTRAP_USERNAME: _name, BOOTSTRAP_PASSWORD: _password, ...later } = env;
  // The same settings as a file in the working directory, and without the first user, who is made once.
  const text = Object.entries(later).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(image.folder, '.env'), text.join(''), { mode: 0o600 });
  const again = start(image, {});
  check(await untilHealthy(image, env, again), 'starts again from .env alone');
  again.child.kill('SIGTERM');
  await again.end;
  checkCompose(image.folder);
}

/** Lets docker-compose read the file beside a .env, where it is installed; it needs no engine for that. */
function checkCompose(folder) {
  const file = 'docker-compose.yml';
  cpSync(join(context, file), join(folder, file));
  const run = spawnSync('docker-compose', ['config', '--quiet'], {
    cwd: folder,
    env: { PATH: process.env.PATH, POSTGRES_PASSWORD: 'x' },
    encoding: 'utf8',
  });
  if (run.error?.code === 'ENOENT') say(`docker-compose is not installed: ${file} was not read`);
  else check(run.status === 0, `docker-compose accepts ${file} ${run.stderr}`.trim());
}

const root = mkdtempSync(join(tmpdir(), 'echo-image-'));
let postgres;
try {
  const image = build(root);
  const { startEmbeddedPostgres } = await import('../dist/src/platform/database/embedded-postgres.js');
  postgres = await startEmbeddedPostgres({ dataDir: join(root, 'data') });
  await checkImage(image, postgres.url);
} catch (error) {
  console.error(`image:check ${error.message}`);
  process.exitCode = 1;
} finally {
  await postgres?.stop();
  rmSync(root, { recursive: true, force: true });
}
