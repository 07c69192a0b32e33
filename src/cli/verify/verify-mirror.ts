import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpoint } from '../../event-log/note/checkpoint.js';
import { parseNote } from '../../event-log/note/note.js';
import type { Anchors } from '../../event-log/verification/log-walk.js';
import { MirrorError } from '../../event-log/verification/tile-folder.js';
import { verifyTiles } from '../../event-log/verification/verify-tiles.js';
import { CliError } from '../cli-error.js';
import { CHECKPOINT, CHECKPOINTS } from '../mirror/layout.js';
import { readNoteFile } from '../note-file.js';
import { showProgress } from '../progress.js';
import type { VerifyOptions } from './options.js';
import type { Verdict } from './verdict.js';

/** The checkpoints that a mirror keeps; none where nothing is compared, or the log is no mirror. */
export function mirrored({ source, anchored }: VerifyOptions): string[] {
  if (source.kind !== 'tiles' || !anchored) return [];
  const kept = join(source.dir, CHECKPOINTS);
  const older = existsSync(kept) ? readdirSync(kept).map((name) => join(kept, name)) : [];
  return [join(source.dir, CHECKPOINT), ...older];
}

/** Verifies a mirror, with a progress bar. @throws CliError when a file of it cannot be read */
export async function verifyMirror(dir: string, anchors: Anchors): Promise<Verdict> {
  const note = parseNote(readNoteFile(join(dir, CHECKPOINT)));
  const checkpoint = note && parseCheckpoint(note.text);
  if (!checkpoint) throw new CliError(`${join(dir, CHECKPOINT)} is no checkpoint`);
  let events = 0;
  const progress = showProgress({ total: checkpoint.size, done: () => events, words: () => 'events hold' });
  try {
    const { size } = checkpoint;
    const { walk, finding } = await verifyTiles(dir, { size, anchors, onProgress: (done) => (events = done) });
    return { findings: finding ? [finding] : [], warnings: [], walk, rows: null };
  } catch (error) {
    // An error out of a thread is a copy of what was thrown there.
    if (error instanceof MirrorError || (error as Error).name === 'MirrorError')
      throw new CliError(`${dir}: ${(error as Error).message}`);
    throw error;
  } finally {
    progress.end();
  }
}
