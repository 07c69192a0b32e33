import { existsSync, readFileSync, statSync } from 'node:fs';
import { NOTE_BYTES_MAX } from '../event-log/note/note.js';
import { parseVerifierKey, type VerifierKey } from '../event-log/note/vkey.js';
import { CliError } from './cli-error.js';

/**
 * The text of a file with a note, a proof or a key, which are all small.
 * @param limit largest file that is read, in bytes
 * @throws CliError (exit 2) when it cannot be read or is too large to be one
 */
export function readNoteFile(path: string, limit = NOTE_BYTES_MAX): string {
  try {
    if (statSync(path).size > limit) throw new Error(`it is larger than ${limit} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * A log's verifier key, from its text or a file with it.
 * @param option what the command line calls it
 * @throws CliError (exit 2) when it is neither
 */
export function givenLogKey(option: string, given: string): VerifierKey {
  const key = parseVerifierKey(existsSync(given) ? readNoteFile(given).trim() : given);
  if (!key) throw new CliError(`${option}: "${given}" is neither a verifier key nor a file with one`);
  return key;
}
