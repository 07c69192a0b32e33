#!/usr/bin/env node
import { existsSync, statSync } from 'node:fs';
import { LogWalk, type Anchors, type Tampering } from '../event-log/verification/log-walk.js';
import { EXIT, type ExitCode } from './cli-error.js';
import { showProgress } from './progress.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';
import { readAnchors } from './verify/anchors.js';
import { readExport } from './verify/export-reader.js';
import { readVerifyOptions, VERIFY_HELP } from './verify/options.js';

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readVerifyOptions(args);
  if (options === null) {
    terminal.out(VERIFY_HELP);
    return EXIT.ok;
  }
  const anchors = readAnchors(options);
  const walk = new LogWalk(anchors);
  const tampering = await follow(walk, options.exportFile);
  report({ walk, tampering, anchors, anchored: options.anchored }, options.json);
  return tampering === null ? EXIT.ok : EXIT.failed;
}

async function follow(walk: LogWalk, path: string): Promise<Tampering | null> {
  const state = { bytes: 0 };
  const total = existsSync(path) ? statSync(path).size : 0;
  const progress = showProgress({ total, done: () => state.bytes, words: () => `bytes, ${walk.size} events hold` });
  try {
    for await (const { bytes, ...event } of readExport(path)) {
      state.bytes = bytes;
      const tampering = walk.next(event);
      if (tampering) return tampering;
    }
    return walk.end();
  } finally {
    progress.end();
  }
}

interface Result {
  readonly walk: LogWalk;
  readonly tampering: Tampering | null;
  readonly anchors: Anchors;
  readonly anchored: boolean;
}

function report({ walk, tampering, anchors, anchored }: Result, json: boolean): void {
  const { checkpoints, receipts } = anchors;
  if (json) {
    const found = { result: tampering ? 'tampered' : 'holds', anchored, events: walk.size, head: walk.head };
    const compared = { checkpoints: checkpoints.map(summary), receipts: receipts.map(summary) };
    terminal.out(JSON.stringify({ ...found, first_bad: tampering, ...compared }, null, 2));
    return;
  }
  if (tampering) {
    terminal.out(
      terminal.paint('red', `TAMPERED (${tampering.kind}) at event ${tampering.event_id}: ${tampering.reason}`),
    );
    return;
  }
  for (const { name, size } of [...checkpoints, ...receipts]) terminal.out(`${name}: holds, ${size} events`);
  const head = `${walk.size} events, head ${walk.head ?? 'none'}`;
  if (anchored) terminal.out(terminal.paint('green', `everything holds: ${head}`));
  else
    terminal.out(
      terminal.paint(
        'yellow',
        `it holds in itself: ${head}; whether its end is there and nobody wrote it anew, nothing says`,
      ),
    );
}

function summary({ name, size }: { readonly name: string; readonly size: number }): { file: string; size: number } {
  return { file: name, size };
}

await runCommand(main);
