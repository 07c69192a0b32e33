import { createPrivateKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import { checkpointText } from './note/checkpoint.js';
import { noteText } from './note/note.js';
import { signText, verifierKeyOf, type SigningKey, type VerifierKey } from './note/vkey.js';

/** The log's signing key, and while it is being replaced, the one before. */
@Injectable()
export class LogKey {
  readonly current: SigningKey;
  /** Signs, beside the present key, the rotation and the first checkpoint after it. */
  readonly previous: SigningKey | null;

  constructor({ logSigningKey, logSigningKeyPrevious, logOrigin }: Config) {
    this.current = signingKey(logSigningKey, logOrigin);
    this.previous = logSigningKeyPrevious === null ? null : signingKey(logSigningKeyPrevious, logOrigin);
  }

  /** The public key as verifiers take it. */
  get vkey(): string {
    return this.current.verifier.text;
  }

  /** Whether one of our keys is this one. */
  has({ text }: VerifierKey): boolean {
    return text === this.vkey || text === this.previous?.verifier.text;
  }

  /** A checkpoint of the tree with so many leaves and this root, signed; `both` keys sign it after a rotation. */
  checkpoint(size: number, root: Buffer, both = false): string {
    const text = checkpointText({ origin: this.current.verifier.name, size, root });
    const keys = both && this.previous ? [this.previous, this.current] : [this.current];
    return noteText({ text, signatures: keys.map((key) => signText(text, key)) });
  }
}

/** A signing key from its PEM, under the log's name. */
export function signingKey(pem: string, origin: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  return { privateKey, verifier: verifierKeyOf(privateKey, origin) };
}
