import { open, readFile } from 'node:fs/promises';

/**
 * Signed checkpoints in one file, each behind the other with a blank line after it; the file only ever grows. What a crash
 * tore stays, and is passed over.
 */

/** The notes of such a file, in order: a text, a blank line, signature lines. Fragments are left out. */
export function notesIn(text: string): string[] {
  const paragraphs = text.split(/\n{2,}/);
  return paragraphs.flatMap((signatures, i) => {
    const note = paragraphs[i - 1];
    return signatures.startsWith('— ') && note !== undefined && !note.startsWith('— ')
      ? [`${note}\n\n${signatures.trimEnd()}\n`]
      : [];
  });
}

/** The notes of a file; none when it is not there. @throws Error when it cannot be read */
export async function readNotes(path: string): Promise<string[]> {
  try {
    return notesIn(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Adds notes to the end and waits until the disk has them. @throws Error when the file cannot be written */
export async function appendNotes(path: string, notes: readonly string[]): Promise<void> {
  const file = await open(path, 'a', 0o644);
  try {
    const { size } = await file.stat();
    // Parts what comes from whatever a crash left before it.
    const before = size === 0 ? '' : '\n\n';
    await file.writeFile(`${before}${notes.join('\n')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
