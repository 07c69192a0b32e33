import { EXIT, type ExitCode } from './cli-error.js';
import { readLabTraces, runLab } from './immune-runaways/lab.js';
import { readRunawaysOptions, RUNAWAYS_HELP } from './immune-runaways/options.js';
import { printReport } from './immune-runaways/report.js';
import { RUNAWAYS } from './immune-runaways/runaways.js';
import { showProgress } from './progress.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readRunawaysOptions(args);
  if (options === null) {
    terminal.out(RUNAWAYS_HELP);
    return EXIT.ok;
  }
  const traces = await readLabTraces(options.folder);
  let done = 0;
  const total = traces.length * RUNAWAYS.length * options.seeds;
  const progress = showProgress({ total, done: () => done, words: () => 'runaways played' });
  const report = runLab(traces, options, () => (done += 1));
  progress.end();
  if (options.json) terminal.out(JSON.stringify(report, null, 2));
  else printReport(report);
  return report.ok ? EXIT.ok : EXIT.failed;
}

await runCommand(main);
