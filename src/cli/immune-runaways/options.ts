import { parseArgs } from 'node:util';
import { CliError } from '../cli-error.js';

export const RUNAWAYS_HELP = `Usage: npm run immune:runaways -- DATA_DIR [options]

Plays recorded traces to the detectors at the traces' own time, with the policies that are fit for it set to quarantine, and
reports whom they isolate: first as the traces are, where nobody should be, then with an agent that runs away, which should be
found in under two minutes, and nobody else.

  DATA_DIR     a folder with aider/*.csv.gz (one agent a user) and azure/*.csv.gz (64 agents, as npm run replay has them)
  --seeds N    runaways of each kind in each trace (10)
  --calls N    an agent may run away at a call of which, with those after it, N begin and end within two minutes (5);
               before it the agent has made a hundred. Among all such calls of a trace the seed chooses one.
  --json       the report as one JSON document on standard output
  --help       this text

Runaways, each for ten minutes:
  rate         five calls for each of the agent's: four more, evenly before the next one or within a minute
  loop         the same action with the same payload every ten seconds, besides what the agent does
  silence      the agent does nothing more and beats no more; beats come every 15 s, 60 s without one are told
  errors       every action that the agent completes has failed

Exit codes: 0 as it should be; 1 somebody was isolated wrongly, or not in time; 2 wrong usage, or there are no traces.
`;

/** What the command was asked to do. */
export interface RunawaysOptions {
  readonly folder: string;
  readonly seeds: number;
  readonly callsSoon: number;
  readonly json: boolean;
}

const SEEDS_MAX = 10_000;
const CALLS_MAX = 1_000;

/** Reads the command line; null when help was asked for. @throws CliError naming what is wrong */
export function readRunawaysOptions(args: readonly string[]): RunawaysOptions | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new CliError('give exactly one DATA_DIR (see --help)');
  return {
    folder,
    seeds: wholeNumber('--seeds', values.seeds ?? '10', SEEDS_MAX),
    callsSoon: wholeNumber('--calls', values.calls ?? '5', CALLS_MAX),
    json: values.json ?? false,
  };
}

function parse(args: readonly string[]) {
  const options = {
    seeds: { type: 'string' },
    calls: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function wholeNumber(option: string, value: string, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > max) {
    throw new CliError(`${option}: "${value}" is not a whole number from 1 to ${max}`);
  }
  return number;
}
