import { parseArgs } from 'node:util';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { compactTable } from './compact-table.js';
import { measure, type Measurement } from './immune-bench/measure.js';
import { PROFILES } from './immune-bench/nab-score.js';
import { scoredStreams } from './immune-bench/streams.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run --silent immune:benchmark -- DATA_DIR [options]

Measures the spike detector on the Numenta Anomaly Benchmark, by the benchmark's rules: 0 is a detector that is silent, 100 one
that alerts at the start of every window only. DATA_DIR has windows.json and data/CATEGORY/FILE.csv, packed as .gz or not.

  --json   the result as one JSON document on standard output
  --help   this text

Exit codes: 0 it was measured, 2 it could not be.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parsed(args);
  if (values.help === true) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new CliError('give exactly one folder (see --help)');
  const measurement = measure(await scoredStreams(folder));
  if (values.json === true) terminal.out(JSON.stringify(measurement, null, 2));
  else report(measurement);
  return EXIT.ok;
}

function parsed(args: readonly string[]) {
  try {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function report(measurement: Measurement): void {
  const { threshold, streams, rows, windows, found, alerts_per_1000_rows: rate } = measurement;
  terminal.out(
    `${streams} streams, ${rows} rows, ${found} of ${windows} windows found, ${rate.toFixed(2)} alerts per 1,000 rows`,
  );
  const profiles = compactTable(['profile', `score at ${threshold}`, 'best score', 'at threshold'], [0]);
  for (const { profile, score, best } of measurement.profiles)
    profiles.push([profile, shown(score), shown(best.score), best.threshold.toFixed(3)]);
  terminal.out(profiles.toString());

  const names = PROFILES.map(({ name }) => name);
  const columns = [
    'category',
    'streams',
    'windows',
    ...names,
    'false alerts',
    'threshold of the others',
    'standard at it',
  ];
  const categories = compactTable(columns, [0]);
  for (const { category, scores, false_alerts: alerts, left_out: other, ...counts } of measurement.categories) {
    const cells = [...scores.map(shown), alerts, other.threshold.toFixed(3), shown(other.score)];
    categories.push([category, counts.streams, counts.windows, ...cells]);
  }
  terminal.out(categories.toString());
  terminal.out(`standard with each category at the threshold of the others: ${shown(measurement.left_out)}`);

  const files = compactTable(['file', 'rows', 'windows', 'found', 'false alerts', 'missed windows begin'], [0, 5]);
  for (const file of measurement.files)
    files.push([file.file, file.rows, file.windows, file.found, file.false_alerts, file.missed.join(', ')]);
  terminal.out(files.toString());
}

function shown(score: number | null): string {
  return score === null ? '-' : score.toFixed(1);
}

await runCommand(main);
