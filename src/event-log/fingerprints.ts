import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import type { JsonValue } from '../platform/json.js';
import { canonicalJson } from './canonical.js';

/**
 * What a request was, so that an Idempotency-Key with another one is noticed. Keyed with the server's secret: a body may
 * hold a password, and what is stored of it must not let anybody try guesses.
 */
@Injectable()
export class Fingerprints {
  private readonly key: Buffer;

  constructor(config: Config) {
    this.key = Buffer.from(hkdfSync('sha256', config.secretKey, '', 'echo-substrate fingerprint', 32));
  }

  /** HMAC-SHA-256 of method, path and the body's RFC 8785 form, hex. */
  of(method: string, path: string, body: JsonValue): string {
    return createHmac('sha256', this.key)
      .update(`${method} ${path}\n${canonicalJson(body)}`)
      .digest('hex');
  }
}
