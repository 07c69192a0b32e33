/**
 * The text of a checkpoint (C2SP tlog-checkpoint): origin, number of leaves and root hash, one a line. The signature
 * covers exactly this text, its last line end included.
 */
export function checkpointText(origin: string, size: number, root: Buffer): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** A note (C2SP signed-note): the text, a blank line, and a signature line. */
export function signedNote(text: string, keyName: string, keyId: Buffer, signature: Buffer): string {
  return `${text}\n— ${keyName} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}
