import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.js';
import { readTrace } from '../replay/trace-reader.js';
import { isReached, outcomeOf, type LabReport, type Untouched } from './report.js';
import { RUNAWAYS } from './runaways.js';
import { draftsOf, type Draft } from './trace-facts.js';
import { isolatedIn, tryRunaway, type Trial } from './trial.js';
import type { RunawaysOptions } from './options.js';

/** The traces that a folder of data has. */
const FOLDERS = ['aider', 'azure'];

/** A trace as the lab plays it. */
export interface LabTrace {
  readonly name: string;
  readonly drafts: readonly Draft[];
  readonly agents: number;
}

/** Reads the traces of a folder. @throws CliError where there are none */
export async function readLabTraces(folder: string): Promise<LabTrace[]> {
  const files = FOLDERS.flatMap((name) => {
    const inner = join(folder, name);
    if (!existsSync(inner)) return [];
    return readdirSync(inner)
      .filter((file) => /\.csv(\.gz)?$/.test(file))
      .toSorted()
      .map((file) => join(inner, file));
  });
  if (files.length === 0) throw new CliError(`${folder} has no aider/*.csv.gz and no azure/*.csv.gz`);
  const traces: LabTrace[] = [];
  for (const file of files) {
    const trace = await readTrace(file);
    const drafts = draftsOf(trace);
    const agents = new Set(drafts.flatMap((draft) => ('agentId' in draft ? [draft.agentId] : []))).size;
    traces.push({ name: trace.format.name, drafts, agents });
  }
  return traces;
}

/** Plays traces as they are and with runaways. @param onTrial told of each trial that is done */
export function runLab(
  traces: readonly LabTrace[],
  { seeds, callsSoon }: Pick<RunawaysOptions, 'seeds' | 'callsSoon'>,
  onTrial: () => void = () => undefined,
): LabReport {
  const untouched: Untouched[] = traces.map(({ name, drafts, agents }) => ({
    trace: name,
    facts: drafts.length,
    agents,
    isolated: isolatedIn(drafts),
  }));
  const trials: (Trial & { readonly trace: string })[] = [];
  for (const { name, drafts } of traces) {
    for (const runaway of RUNAWAYS) {
      for (let seed = 1; seed <= seeds; seed += 1) {
        const trial = tryRunaway(drafts, runaway, seed, callsSoon);
        if (trial) trials.push({ trace: name, ...trial });
        onTrial();
      }
    }
  }
  const outcomes = traces.flatMap(({ name, agents }) =>
    RUNAWAYS.map((runaway) => {
      const own = trials.filter((trial) => trial.trace === name && trial.runaway === runaway);
      return outcomeOf(name, runaway, own, agents);
    }),
  );
  return { untouched, outcomes, trials, ok: isReached(untouched, outcomes) };
}
