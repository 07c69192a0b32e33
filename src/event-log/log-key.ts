import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import { checkpointText } from './note/checkpoint.js';
import { noteText } from './note/note.js';
import { signText, verifierKeyOf, type VerifierKey } from './note/vkey.js';

/** The log's signing key. */
@Injectable()
export class LogKey {
  private readonly privateKey: KeyObject;
  private readonly verifier: VerifierKey;

  constructor(config: Config) {
    this.privateKey = createPrivateKey(config.logSigningKey);
    this.verifier = verifierKeyOf(this.privateKey, config.logOrigin);
  }

  /** The public key as verifiers take it. */
  get vkey(): string {
    return this.verifier.text;
  }

  /** A signed checkpoint of the tree with so many leaves and this root. */
  checkpoint(size: number, root: Buffer): string {
    const text = checkpointText({ origin: this.verifier.name, size, root });
    return noteText({ text, signatures: [signText(text, this.privateKey, this.verifier)] });
  }
}
