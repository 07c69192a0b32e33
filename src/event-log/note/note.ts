/** One signature of a note: who says to have signed, with which key, and the bytes that this kind of key makes. */
export interface NoteSignature {
  readonly name: string;
  /** The first four bytes of the line's base64. */
  readonly keyId: Buffer;
  readonly bytes: Buffer;
}

/** A note (C2SP signed-note): a text and signatures of it. */
export interface Note {
  /** Ends with a line feed; what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Most bytes of a note that are read; a checkpoint with a hundred cosignatures has some 15 kB. */
export const NOTE_BYTES_MAX = 64 * 1024;

const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;
const KEY_ID_BYTES = 4;

/** One signature as a line of a note. */
export function signatureLine({ name, keyId, bytes }: NoteSignature): string {
  return `— ${name} ${Buffer.concat([keyId, bytes]).toString('base64')}\n`;
}

/** A note as text. */
export function noteText({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(signatureLine).join('')}`;
}

/** Reads a note; null when it is none. Whether the signatures hold is for whoever has the keys. */
export function parseNote(whole: string): Note | null {
  // The last blank line parts text and signatures: a text may have blank lines too.
  const at = whole.lastIndexOf('\n\n');
  if (whole.length > NOTE_BYTES_MAX || at < 0 || !whole.endsWith('\n')) return null;
  const lines = whole.slice(at + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
    if (name === undefined || base64 === undefined) return null;
    const bytes = Buffer.from(base64, 'base64');
    const isCanonical = bytes.toString('base64') === base64 && bytes.length > KEY_ID_BYTES;
    return isCanonical ? { name, keyId: bytes.subarray(0, KEY_ID_BYTES), bytes: bytes.subarray(KEY_ID_BYTES) } : null;
  });
  return signatures.every((s) => s !== null) ? { text: whole.slice(0, at + 1), signatures } : null;
}

/** Signatures of a note that say to be of a key: by its name and id, as C2SP signed-note has them found. */
export function signaturesOf(
  note: Note,
  key: { readonly name: string; readonly id: Buffer },
): readonly NoteSignature[] {
  return note.signatures.filter(({ name, keyId }) => name === key.name && keyId.equals(key.id));
}
