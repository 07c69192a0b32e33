import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CompactRange, HASH_BYTES } from '../../event-log/chain.js';
import { indexPath, tilePath, TILE_WIDTH, type Tile } from '../../event-log/merkle/tile.js';
import { parseCheckpoint, type Checkpoint } from '../../event-log/note/checkpoint.js';
import { parseNote } from '../../event-log/note/note.js';
import { isSignedBy, type VerifierKey } from '../../event-log/note/vkey.js';
import { TileFolder } from '../../event-log/verification/tile-folder.js';
import { CliError, EXIT } from '../cli-error.js';
import { showProgress } from '../progress.js';
import { CHECKPOINT, CHECKPOINTS } from './layout.js';

/** Requests at the same time: a server answers a tile in a few ms, and others want it too. */
const REQUESTS = 8;
/** Longest wait for an answer, in ms. */
const ANSWER_MS = 30_000;
/** Hexadecimal digits of a root in a checkpoint's file name. */
const ROOT_DIGITS = 16;

/** What to mirror, and where to. */
export interface MirrorOptions {
  readonly url: string;
  readonly dir: string;
  /** Null: any key. */
  readonly key: VerifierKey | null;
  readonly bearer: () => Promise<string>;
}

/** What was mirrored. */
export interface Mirrored {
  readonly origin: string;
  /** Events. */
  readonly size: number;
  /** Files that were fetched. */
  readonly fetched: number;
}

interface Wanted {
  readonly path: string;
  readonly needsBearer: boolean;
}

/**
 * Brings a mirror up to the newest published checkpoint, which is written last: until then the folder is what it was.
 * @throws CliError 1 when the log does not go on from what is mirrored, 2 when it cannot be fetched
 */
export async function fetchMirror(options: MirrorOptions): Promise<Mirrored> {
  const { dir, key } = options;
  const text = (await fetchBytes(options, { path: CHECKPOINT, needsBearer: false })).toString();
  const checkpoint = readCheckpoint(text, key);
  const before = existsSync(join(dir, CHECKPOINT))
    ? readCheckpoint(await readFile(join(dir, CHECKPOINT), 'utf8'), null)
    : null;
  if (before && before.origin !== checkpoint.origin)
    throw new CliError(`${dir} is of the log ${before.origin}, and this is ${checkpoint.origin}`);
  if (before && before.size > checkpoint.size)
    throw new CliError(
      `the log has ${checkpoint.size} events, and ${before.size} were mirrored: its end was cut off`,
      EXIT.failed,
    );
  const fetched = await fetchAll(options, wantedFiles(dir, checkpoint.size));
  await checkRoots(dir, checkpoint, before);
  const root = checkpoint.root.toString('hex').slice(0, ROOT_DIGITS);
  await write(join(dir, CHECKPOINTS, `${checkpoint.size}-${root}`), Buffer.from(text));
  await write(join(dir, CHECKPOINT), Buffer.from(text));
  return { origin: checkpoint.origin, size: checkpoint.size, fetched };
}

function readCheckpoint(text: string, key: VerifierKey | null): Checkpoint {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!checkpoint) throw new CliError('the checkpoint is none (C2SP tlog-checkpoint)');
  if (key !== null && (key.name !== checkpoint.origin || !isSignedBy(note, key)))
    throw new CliError(`the checkpoint of ${checkpoint.origin} is not signed by --vkey`);
  return checkpoint;
}

/** The files of a log of so many events that are not there yet. A partial tile of another width is another file. */
function wantedFiles(dir: string, size: number): Wanted[] {
  const wanted: Wanted[] = [];
  const want = (path: string, needsBearer: boolean): void => {
    if (!existsSync(join(dir, path))) wanted.push({ path, needsBearer });
  };
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < hashes; index += 1) {
      const tile: Tile = { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
      want(tilePath(tile), false);
      if (level === 0)
        want(`tile/entries/${indexPath(index)}${tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`}`, true);
    }
  }
  return wanted;
}

async function fetchAll(options: MirrorOptions, wanted: readonly Wanted[]): Promise<number> {
  let [next, done] = [0, 0];
  const progress = showProgress({ total: wanted.length, done: () => done, words: () => 'files' });
  const lane = async (): Promise<void> => {
    for (let file = wanted[next++]; file; file = wanted[next++]) {
      await write(join(options.dir, file.path), await fetchBytes(options, file));
      done += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: REQUESTS }, lane));
  } finally {
    progress.end();
  }
  return done;
}

async function fetchBytes({ url, bearer }: MirrorOptions, { path, needsBearer }: Wanted): Promise<Buffer> {
  const headers = new Headers(needsBearer ? [['authorization', `Bearer ${await bearer()}`]] : []);
  try {
    const answer = await fetch(`${url}/tlog/${path}`, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok)
      throw new CliError(`${url}/tlog/${path} answers ${answer.status}: ${bytes.toString().slice(0, 300)}`);
    return bytes;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot fetch ${url}/tlog/${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The hashes must make the root of the new checkpoint, and on their way the one of the last. */
async function checkRoots(dir: string, checkpoint: Checkpoint, before: Checkpoint | null): Promise<void> {
  const folder = new TileFolder(dir);
  const range = CompactRange.empty();
  for (let index = 0; index * TILE_WIDTH < checkpoint.size; index += 1) {
    const width = Math.min(TILE_WIDTH, checkpoint.size - index * TILE_WIDTH);
    const hashes = await folder.hashes(0, index, width);
    for (let at = 0; at < hashes.length; at += HASH_BYTES) {
      range.append(hashes.subarray(at, at + HASH_BYTES));
      if (range.size === before?.size && !range.root().equals(before.root))
        throw new CliError(
          `the first ${before.size} events are not those that were mirrored: history was written anew`,
          EXIT.failed,
        );
    }
  }
  if (checkpoint.size > 0 && !range.root().equals(checkpoint.root))
    throw new CliError('the tiles are not those of the checkpoint: the mirror or the log was changed', EXIT.failed);
}

/** Writes a file whole or not at all. */
async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}
