import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres, type RunningPostgres } from '../src/platform/database/embedded-postgres.js';

/** Agents that share the load: each has a budget of its own. */
export const AGENTS = 64;
/** Longest wait for a server to answer, in ms. */
const START_MS = 20_000;
/** A budget that no run uses up. */
const BUDGET = 900_000_000_000;

/** An agent to act as. */
export interface BenchAgent {
  readonly id: string;
  readonly key: string;
}

/** A database, and the environment that servers on it run with. */
export interface Stage {
  readonly postgres: RunningPostgres;
  /** A folder for whatever a run leaves. */
  readonly dataDir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly password: string;
  close(): Promise<void>;
}

/** Starts an embedded PostgreSQL with its own defaults, fsync on. */
export async function openStage(): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'echo-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  const password = randomBytes(16).toString('hex');
  const environment = {
    PATH: process.env['PATH'],
    SUBSTRATE_DATA: dataDir,
    DATABASE_URL: postgres.url,
    CHECKPOINT_FILE: join(dataDir, 'checkpoints.txt'),
    BOOTSTRAP_USERNAME: 'maintainer',
    BOOTSTRAP_PASSWORD: password,
  };
  const close = async (): Promise<void> => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { postgres, dataDir, environment, password, close };
}

/** A server in a process of its own. */
export interface BenchServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one of our compiled servers on a free port; its log lines go nowhere. */
export async function startProcess(stage: Stage, script: string, probe: string): Promise<BenchServer> {
  const port = await freePort();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path], {
    cwd: tmpdir(),
    env: { ...stage.environment, API_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(child, `${url}${probe}`);
  return { url, stop: () => ended(child) };
}

async function untilItAnswers(child: ChildProcess, url: string): Promise<void> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => null);
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the server did not start');
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Calls the API as an operator. */
export type StageCaller = <T>(method: string, path: string, body: object) => Promise<T>;

/** Calls as somebody with this token, or as nobody. */
function callerOf({ url }: BenchServer, bearer: string | null): StageCaller {
  return async <T>(method: string, path: string, body: object): Promise<T> => {
    const headers = { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) };
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
}

interface Tokens {
  readonly access_token: string;
}

/** The operator of a stage, made when first asked for. */
export async function operatorOf(server: BenchServer, { password }: Stage): Promise<StageCaller> {
  const nobody = callerOf(server, null);
  const operator = { username: 'bench-operator', password: `${password} operator` };
  const known = await nobody<Tokens>('POST', '/auth/login', operator).catch(() => null);
  if (known) return callerOf(server, known.access_token);
  const first = await nobody<Tokens>('POST', '/auth/login', { username: 'maintainer', password });
  const user = { username: operator.username, roles: ['operator'] };
  const made = await callerOf(server, first.access_token)<{ activation_token: string }>('POST', '/users', user);
  const activation = { activation_token: made.activation_token, password: operator.password };
  return callerOf(server, (await nobody<Tokens>('POST', '/auth/activate', activation)).access_token);
}

/** Registers the agents, each with a budget, as an operator. */
export async function registerAgents(server: BenchServer, stage: Stage): Promise<BenchAgent[]> {
  const operator = await operatorOf(server, stage);
  const agents: BenchAgent[] = [];
  for (let i = 0; i < AGENTS; i += 1) {
    const id = `bench-${i}`;
    const { api_key: key } = await operator<{ api_key: string }>('POST', '/agents', { agent_id: id, type: 'task' });
    await operator('POST', '/metabolism/allocate', { agent_id: id, total_budget: BUDGET, window_hours: 24 });
    agents.push({ id, key });
  }
  return agents;
}
