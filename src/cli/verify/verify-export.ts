import { existsSync, statSync } from 'node:fs';
import { findingOf } from '../../event-log/verification/findings.js';
import { LogWalk, type Anchors } from '../../event-log/verification/log-walk.js';
import { showProgress } from '../progress.js';
import { readExport } from './export-reader.js';
import type { Verdict } from './verdict.js';

/** Follows an exported log, with a progress bar. @throws CliError when it cannot be read */
export async function verifyExport(path: string, anchors: Anchors): Promise<Verdict> {
  const walk = new LogWalk(anchors);
  const state = { bytes: 0 };
  const total = existsSync(path) ? statSync(path).size : 0;
  const progress = showProgress({ total, done: () => state.bytes, words: () => `bytes, ${walk.size} events hold` });
  const verdict = { warnings: [], walk, rows: null };
  try {
    for await (const { bytes, ...event } of readExport(path)) {
      state.bytes = bytes;
      const tampering = walk.next(event);
      if (tampering) return { ...verdict, findings: [findingOf(tampering)] };
    }
    const tampering = walk.end();
    return { ...verdict, findings: tampering ? [findingOf(tampering)] : [] };
  } finally {
    progress.end();
  }
}
