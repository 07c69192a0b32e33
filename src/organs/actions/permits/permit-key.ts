import { createPrivateKey, createPublicKey, hash, hkdfSync, sign, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../../platform/config/config.js';
import type { JsonObject } from '../../../platform/json.js';

/** Bytes of an Ed25519 seed. */
const SEED_BYTES = 32;
/** What stands before the seed in an Ed25519 private key's PKCS#8 form (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Media type of a permit, so that no other token of ours or anybody's passes for one (RFC 8725, section 3.11). */
const PERMIT_TYPE = 'permit+jwt';

/** A public key as verifiers take it (RFC 8037). */
export interface PermitJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** The key that signs permits: made of the server's secret, so that each replica has the same; the log's key signs only the log. */
@Injectable()
export class PermitKey {
  readonly jwk: PermitJwk;
  private readonly key: KeyObject;
  private readonly head: string;

  constructor({ secretKey }: Config) {
    const seed = Buffer.from(hkdfSync('sha256', secretKey, '', 'echo-substrate permit', SEED_BYTES));
    this.key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
    const { x = '' } = createPublicKey(this.key).export({ format: 'jwk' });
    // RFC 7638: the required members in lexical order.
    const kid = hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url');
    this.jwk = { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' };
    this.head = base64url(JSON.stringify({ alg: 'EdDSA', typ: PERMIT_TYPE, kid }));
  }

  /** A token with these claims; the same claims give the same token. Signed by a thread of the pool. */
  token(claims: JsonObject): Promise<string> {
    const input = `${this.head}.${base64url(JSON.stringify(claims))}`;
    return new Promise((resolve, reject) => {
      sign(null, Buffer.from(input), this.key, (error, signature) => {
        if (error) reject(error);
        else resolve(`${input}.${signature.toString('base64url')}`);
      });
    });
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
