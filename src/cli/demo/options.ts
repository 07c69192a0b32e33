import { parseArgs } from 'node:util';
import { CliError } from '../cli-error.js';

export const DEMO_HELP = `Usage: npm run demo -- [options]

Starts a substrate of its own on a fresh embedded database, lets a small made-up fleet work in it, shows how an agent that
overspends is refused and quarantined, how one that goes round in circles is noticed, isolated, explained and released on
probation, and how an arbiter decides on what an agent may not do by itself, verifies the log, and leaves the server up to try
things until Ctrl-C.

  --port N      port of the server (a free one)
  --seed N      another seed makes another story (1)
  --no-wait     stop the server after the summary
  --json        the summary as one JSON document on standard output
  --help        this text

Exit codes: 0 the log verified; 1 it did not, the runaway was not noticed, the arbiter's word did not hold, or something went wrong on the way; 2 wrong usage,
or the server did not start.
`;

export interface DemoOptions {
  /** Null: any free one. */
  readonly port: number | null;
  readonly seed: number;
  readonly wait: boolean;
  readonly json: boolean;
}

const PORT_MAX = 65_535;
const SEED_MAX = 2 ** 32 - 1;

/**
 * Reads the command line; null when help was asked for.
 * @throws CliError naming the option that is wrong
 */
export function readDemoOptions(args: readonly string[]): DemoOptions | null {
  const values = parse(args);
  if (values.help === true) return null;
  return {
    port: values.port === undefined ? null : wholeNumber('--port', values.port, 1, PORT_MAX),
    seed: wholeNumber('--seed', values.seed ?? '1', 0, SEED_MAX),
    wait: values['no-wait'] !== true,
    json: values.json ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      port: { type: 'string' },
      seed: { type: 'string' },
      'no-wait': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function wholeNumber(option: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw new CliError(`${option}: "${value}" is not a whole number from ${min} to ${max}`);
  }
  return number;
}
