import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CliError } from '../cli-error.js';
import { roundToNano } from '../exact-amount.js';
import type { PricedModel } from './trace-format.js';

export const REPLAY_HELP = `Usage: npm run replay -- FILE.csv[.gz] [options]

Drives a running substrate with a recorded trace: registers one agent per user, allocates budgets, and plays every call
as an authorized and settled action. The header of the file tells what it is: the usage log of the coding agent aider (costs
in usd), or the trace of Azure's LLM inference service (tokens as cost; it names no users, so a fleet of 64 agents shares it). Running it again within 24 hours does nothing twice.

Who drives (a maintainer lets the replay make its own users, replay-operator and replay-auditor):
  --username NAME          log in as this user; without it the users of an earlier run are taken from the key file
  --password-file FILE     read the password from a file; else from the variable SUBSTRATE_PASSWORD
  --password TEXT          the password itself. Warning: everybody on this machine can see it in the list of processes
  --audit-username NAME    verify the log as this auditor, with the password in SUBSTRATE_AUDIT_PASSWORD;
                           needed when no maintainer has let the replay make its own
What against:
  --url URL                address of the substrate (SUBSTRATE_URL, else http://127.0.0.1:8000)
  --keys FILE              where the agents' keys are kept (.replay-keys.json; readable by its owner only)
  --prefix TEXT            put before a user's name to make the agent's id (by trace: aider-, azure-)
What to play:
  --limit N                only the first N rows; calls that end beyond them are not begun
  --speed N|max            N times real time, by the time stamps of the trace; max: flat out (max)
  --concurrency N          requests in flight at most; the events of one user stay in order (16)
  --model PROVIDER/MODEL   book what the calls used at the price of this model, in usd, as the substrate's price book has it
                           (Azure's trace, which names none; such as openai/gpt-4o)
  --hold AMOUNT            budget held while a call runs (aider: 1 usd; Azure: its input and 1,000 tokens)
  --budget AMOUNT          budget of each agent (aider and with --model: 1,000 usd; Azure: 1,000,000 tokens)
  --window-hours N         life of that budget (24)
  --run NAME               a run of its own: the same file is played again, and booked again
Output:
  --json                   the final report as one JSON document on standard output
  --help                   this text

Exit codes: 0 everything was accepted and the log verified; 1 something was refused or failed, the log did not verify,
or the run was stopped; 2 wrong usage, or the substrate could not be reached or logged in to.
Ctrl-C stops after the requests in flight; the same command goes on from there.
`;

/** Everything a replay was asked to do. */
export interface ReplayOptions {
  readonly file: string;
  readonly url: string;
  readonly login: { readonly username: string; readonly password: string } | null;
  readonly auditLogin: { readonly username: string; readonly password: string } | null;
  readonly keysPath: string;
  /** Null: the trace format's own. */
  readonly prefix: string | null;
  readonly limit: number;
  /** Multiple of real time; infinite: flat out. */
  readonly speed: number;
  readonly concurrency: number;
  /** Null: as the trace and its format say. */
  readonly holdNano: bigint | null;
  readonly budgetNano: bigint | null;
  readonly windowHours: number;
  /** Null: costs are what the trace says. */
  readonly model: PricedModel | null;
  readonly run: string;
  readonly json: boolean;
}

const CONCURRENCY_MAX = 512;
/** A year: a budget window that long is a mistake. */
const WINDOW_HOURS_MAX = 8784;
/** A cost is below 10^9 and a budget below 10^12 units. */
const COST_BELOW_NANO = 10n ** 18n;
const BUDGET_BELOW_NANO = 10n ** 21n;

/**
 * Reads the command line and the environment; null when help was asked for.
 * @throws CliError naming the option that is wrong
 */
export function readReplayOptions(args: readonly string[], env: NodeJS.ProcessEnv): ReplayOptions | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new CliError('give exactly one trace file (see --help)');
  return {
    file,
    url: readUrl(values.url ?? env['SUBSTRATE_URL'] ?? 'http://127.0.0.1:8000'),
    login: values.username === undefined ? null : { username: values.username, password: readPassword(values, env) },
    auditLogin: readAuditLogin(values['audit-username'], env),
    keysPath: values.keys ?? '.replay-keys.json',
    prefix:
      values.prefix === undefined ? null : matching('--prefix', values.prefix, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,26}$/),
    limit: values.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--limit', values.limit, 1e9),
    speed: readSpeed(values.speed ?? 'max'),
    concurrency: wholeNumber('--concurrency', values.concurrency ?? '16', CONCURRENCY_MAX),
    holdNano: values.hold === undefined ? null : amount('--hold', values.hold, 0n, COST_BELOW_NANO),
    budgetNano: values.budget === undefined ? null : amount('--budget', values.budget, 1n, BUDGET_BELOW_NANO),
    windowHours: wholeNumber('--window-hours', values['window-hours'] ?? '24', WINDOW_HOURS_MAX),
    model: values.model === undefined ? null : readModel(values.model),
    run: matching('--run', values.run ?? '', /^[A-Za-z0-9._-]{0,64}$/),
    json: values.json ?? false,
  };
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  username: text,
  password: text,
  'password-file': text,
  'audit-username': text,
  url: text,
  keys: text,
  prefix: text,
  limit: text,
  speed: text,
  concurrency: text,
  hold: text,
  budget: text,
  'window-hours': text,
  model: text,
  run: text,
  json: flag,
  help: { type: 'boolean', short: 'h' },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function readModel(value: string): PricedModel {
  const [, provider, model] = /^([^/\s]{1,100})\/(\S{1,100})$/.exec(value) ?? [];
  if (provider === undefined || model === undefined) throw new CliError(`--model: "${value}" is not PROVIDER/MODEL`);
  return { provider, model };
}

function readUrl(value: string): string {
  if (!URL.canParse(value) || !['http:', 'https:'].includes(new URL(value).protocol)) {
    throw new CliError(`--url: "${value}" is not an http or https address`);
  }
  return value.replace(/\/+$/, '');
}

function readPassword(values: { password?: string; 'password-file'?: string }, env: NodeJS.ProcessEnv): string {
  const file = values['password-file'];
  const password = file === undefined ? (values.password ?? env['SUBSTRATE_PASSWORD']) : readSecretFile(file);
  if (password === undefined || password === '') {
    throw new CliError('no password: set SUBSTRATE_PASSWORD or give --password-file');
  }
  return password;
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new CliError(`--password-file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readAuditLogin(username: string | undefined, env: NodeJS.ProcessEnv): ReplayOptions['auditLogin'] {
  if (username === undefined) return null;
  const password = env['SUBSTRATE_AUDIT_PASSWORD'];
  if (password === undefined || password === '') throw new CliError('--audit-username needs SUBSTRATE_AUDIT_PASSWORD');
  return { username, password };
}

function readSpeed(value: string): number {
  if (value === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(value);
  if (!(speed > 0 && Number.isFinite(speed)))
    throw new CliError(`--speed: "${value}" is neither max nor a number above 0`);
  return speed;
}

function wholeNumber(option: string, value: string, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > max) {
    throw new CliError(`${option}: "${value}" is not a whole number from 1 to ${max}`);
  }
  return number;
}

function amount(option: string, value: string, min: bigint, below: bigint): bigint {
  try {
    const nano = roundToNano(value);
    if (nano >= min && nano < below) return nano;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new CliError(`${option}: "${value}" is not an amount the substrate takes`);
}

function matching(option: string, value: string, pattern: RegExp): string {
  if (!pattern.test(value)) throw new CliError(`${option}: "${value}" does not match ${pattern.source}`);
  return value;
}
