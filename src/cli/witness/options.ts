import { parseArgs } from 'node:util';
import type { VerifierKey } from '../../event-log/note/vkey.js';
import { originProblem } from '../../platform/config/signing-key.js';
import { CliError } from '../cli-error.js';
import { givenLogKey } from '../note-file.js';

export const WITNESS_HELP = `Usage: npm run witness -- --name NAME --log VKEY|FILE [options]
       npm run witness -- --forget ORIGIN [--data DIR]

A witness of other people's logs (C2SP tlog-witness): it remembers the newest checkpoint of each log, checks that the next one
only adds to it, and then cosigns it. Who finds its cosignature on a checkpoint knows that the log shows everybody the same.

  --name NAME        the witness's name, as its cosignatures bear it: a host name and path that you own; it never changes
  --log VKEY|FILE    verifier key of a log to watch, as GET /api/v1/audit/key answers it, or a file with it; may be given
                     several times: for several logs, and for several keys of one log that changes its key
  --data DIR         folder of the witness's own key and of what it remembers; an older copy of it must never run (data/witness)
  --host HOST        address to listen on (127.0.0.1)
  --port PORT        port to listen on; 0 is any that is free (8010)
  --forget ORIGIN    while the witness is stopped: forget the newest checkpoint of this log, because it was restored from an
                     older backup and you have made sure that this is the reason
  --json             what it says as JSON, one document a line
  --help             this text

POST /add-checkpoint is for logs, GET /status for people and monitors.

Exit codes: 0 stopped on request, or forgotten; 2 it could not run, wrong usage, or nothing to forget.
`;

const DATA_FOLDER = 'data/witness';
const PORT = 8010;
const PORT_MAX = 65_535;

/** What a command line asks a witness to do. */
export type WitnessOptions = ServeOptions | ForgetOptions;

export interface ServeOptions {
  readonly task: 'serve';
  readonly name: string;
  /** Keys by the origin of their log; at least one. */
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly json: boolean;
}

export interface ForgetOptions {
  readonly task: 'forget';
  readonly origin: string;
  readonly data: string;
  readonly json: boolean;
}

/**
 * Reads the command line; null when help was asked for.
 * @throws CliError naming what is wrong
 */
export function readWitnessOptions(args: readonly string[]): WitnessOptions | null {
  const values = parse(args);
  if (values.help === true) return null;
  const { name, log = [], data = DATA_FOLDER, host = '127.0.0.1', port, forget, json = false } = values;
  if (forget !== undefined) {
    const others = [name, ...log, values.host, port];
    if (others.some((value) => value !== undefined)) throw new CliError('--forget goes with --data and --json alone');
    return { task: 'forget', origin: forget, data, json };
  }
  if (name === undefined) throw new CliError('who is the witness? Give --name NAME (see --help)');
  const problem = originProblem(name);
  if (problem !== null) throw new CliError(`--name ${problem}`);
  if (log.length === 0) throw new CliError('which log? Give --log VKEY|FILE (see --help)');
  return { task: 'serve', name, logs: keysByOrigin(log), data, host, port: portOf(port), json };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      name: { type: 'string' },
      log: { type: 'string', multiple: true },
      data: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      forget: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

/** A log's origin is the name of its keys. */
function keysByOrigin(given: readonly string[]): Map<string, VerifierKey[]> {
  const logs = new Map<string, VerifierKey[]>();
  for (const key of given.map((text) => givenLogKey('--log', text)))
    logs.set(key.name, [...(logs.get(key.name) ?? []), key]);
  return logs;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return PORT;
  if (!/^\d{1,5}$/.test(text) || Number(text) > PORT_MAX) throw new CliError(`--port: "${text}" is no port`);
  return Number(text);
}
