#!/usr/bin/env node
import { describeFinding } from '../event-log/verification/findings.js';
import type { Anchors } from '../event-log/verification/log-walk.js';
import { EXIT, type ExitCode } from './cli-error.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';
import { readAnchors } from './verify/anchors.js';
import { mirrored, verifyMirror } from './verify/verify-mirror.js';
import { readVerifyOptions, VERIFY_HELP, type Source } from './verify/options.js';
import type { Verdict } from './verify/verdict.js';
import { verifyDatabase } from './verify/verify-database.js';
import { verifyExport } from './verify/verify-export.js';

/** Findings that are shown to people; JSON has them all. */
const SHOWN_MAX = 10;

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readVerifyOptions(args);
  if (options === null) {
    terminal.out(VERIFY_HELP);
    return EXIT.ok;
  }
  const anchors = readAnchors(options, mirrored(options));
  const verdict = await verify(options.source, anchors);
  if (options.json) terminal.out(JSON.stringify(asJson(verdict, anchors, options.anchored), null, 2));
  else report(verdict, anchors, options.anchored);
  return verdict.findings.length === 0 ? EXIT.ok : EXIT.failed;
}

function verify(source: Source, anchors: Anchors): Promise<Verdict> {
  switch (source.kind) {
    case 'export':
      return verifyExport(source.path, anchors);
    case 'tiles':
      return verifyMirror(source.dir, anchors);
    case 'database':
      return verifyDatabase(source.url, anchors);
  }
}

function asJson({ findings, warnings, walk, rows }: Verdict, anchors: Anchors, anchored: boolean): object {
  const summary = ({ name, size }: { readonly name: string; readonly size: number }) => ({ file: name, size });
  return {
    result: findings.length === 0 ? 'holds' : 'tampered',
    anchored,
    events: walk.size,
    head: walk.head,
    rows_compared: rows,
    first_bad: findings[0] ?? null,
    findings,
    warnings,
    checkpoints: anchors.checkpoints.map(summary),
    receipts: anchors.receipts.map(summary),
    abandoned: walk.abandoned.map(summary),
    recoveries: walk.succession.recoveries.map(({ eventId, abandoned, restored }) => ({
      event_id: eventId,
      lost_size: abandoned.size,
      restored_size: restored.size,
    })),
  };
}

function report({ findings, warnings, walk, rows }: Verdict, anchors: Anchors, anchored: boolean): void {
  for (const warning of warnings) terminal.out(terminal.paint('yellow', `warning: ${warning}`));
  for (const { eventId, abandoned, restored } of walk.succession.recoveries) {
    const words = `event ${eventId} says that the log went on from ${restored.size} events after ${abandoned.size} had been signed`;
    terminal.out(terminal.paint('yellow', words));
  }
  if (findings.length > 0) {
    for (const finding of findings.slice(0, SHOWN_MAX))
      terminal.out(terminal.paint('red', `TAMPERED ${describeFinding(finding)}`));
    if (findings.length > SHOWN_MAX) terminal.out(`… and ${findings.length - SHOWN_MAX} more (--json has them)`);
    return;
  }
  const abandoned = new Set(walk.abandoned);
  for (const anchor of [...anchors.checkpoints, ...anchors.receipts]) {
    const words = abandoned.has(anchor) ? 'is of what was lost, as a recovery says' : 'holds';
    terminal.out(`${anchor.name}: ${words}, ${anchor.size} events`);
  }
  const compared = rows === null ? '' : `, ${rows} rows of tables`;
  const head = `${walk.size} events${compared}, head ${walk.head ?? 'none'}`;
  if (anchored) terminal.out(terminal.paint('green', `everything holds: ${head}`));
  else {
    const words = `it holds in itself: ${head}; whether its end is there and nobody wrote it anew, nothing says`;
    terminal.out(terminal.paint('yellow', words));
  }
}

await runCommand(main);
