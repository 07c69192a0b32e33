import { parseArgs } from 'node:util';
import { signingKey } from '../event-log/log-key.js';
import { verifyDatabase } from '../event-log/verification/verify-log.js';
import { loadConfig, loadDotEnv } from '../platform/config/load-config.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { openDatabase } from './database.js';
import { findLoss, keptCheckpoints, type Loss } from './recover/loss.js';
import { recordRecovery } from './recover/record.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run recover -- --reason TEXT [--checkpoint FILE]... [--dry-run] [--json]

After a restore from an older backup the log lacks events that were signed, and the server refuses to go on: CHECKPOINT_FILE or a
witness has a newer checkpoint. This command says so in the log, signed with LOG_SIGNING_KEY: an event substrate.recover that names both
the newest checkpoint that was lost and the log that is left. From then on the server starts, and a verifier knows which
checkpoints are of what was lost. Stop every server first. It reads DATABASE_URL, LOG_SIGNING_KEY, LOG_ORIGIN and CHECKPOINT_FILE as
the server does.

  --reason TEXT        why, for whoever audits; it stands in the log
  --checkpoint FILE    signed checkpoints that are kept elsewhere; may be given several times. Where only a witness has the newest
                       one, take it from whoever fetched it: GET /tlog/checkpoint, or the witness's own record
  --dry-run            only say what would be recorded
  --json               the result as one JSON document on standard output
  --help               this text

A witness goes on cosigning only when its own operator makes it forget what was lost (npm run witness -- --forget).

Exit codes: 0 recorded, or nothing was lost; 1 the log that is left does not hold in itself; 2 it could not be done.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  const { reason, checkpoint = [], ...flags } = parse(args);
  if (flags.help === true) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  if (reason === undefined || reason.trim() === '') throw new CliError('why? Give --reason TEXT (see --help)');
  loadDotEnv();
  const config = await loadConfig(process.env);
  const database = await openDatabase({ create: false });
  try {
    const { valid, first_break: broken } = await verifyDatabase(database.url);
    if (!valid) {
      terminal.err(`the log that is left does not hold: event ${broken?.event_id}: ${broken?.reason}`);
      return EXIT.failed;
    }
    const key = signingKey(config.logSigningKey, config.logOrigin);
    const kept = await keptCheckpoints([config.checkpointFile, ...checkpoint], key.verifier.name);
    const loss = await findLoss(database.url, kept, key);
    const event =
      loss === null || flags['dry-run'] === true ? null : await recordRecovery(database.url, loss, key, reason);
    report(loss, event, flags.json === true);
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

function parse(args: readonly string[]) {
  try {
    const options = {
      reason: { type: 'string' },
      checkpoint: { type: 'string', multiple: true },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function report(loss: Loss | null, event: number | null, json: boolean): void {
  if (json) {
    const sizes = loss && {
      lost_size: loss.abandoned.size,
      restored_size: loss.restored.size,
      fork_size: loss.forkSize,
    };
    terminal.out(JSON.stringify({ lost: loss !== null, ...sizes, event_id: event }, null, 2));
    return;
  }
  if (loss === null) {
    terminal.out('the log goes on from every checkpoint that was found: there is nothing to recover from');
    return;
  }
  terminal.out(
    `signed: ${loss.abandoned.size} events; left: ${loss.restored.size}; the same in both: ${loss.forkSize}`,
  );
  terminal.out(
    event === null ? 'nothing was recorded (--dry-run)' : `event ${event} says so; the server may start again`,
  );
}

await runCommand(main);
