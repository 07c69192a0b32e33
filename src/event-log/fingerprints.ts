import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config.js';
import type { JsonObject, JsonValue } from '../platform/json.js';
import { canonicalJson } from './canonical.js';

/** A batch's body as it came. */
export interface RawBatch {
  readonly items: readonly JsonObject[];
}

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

  /** Fingerprints of a batch's items as the single route at `path` would take them, from the items as they came. */
  ofItems(path: string, raw: RawBatch): (index: number) => string {
    return (index) => {
      const { idempotency_key: _key, ...body } = raw.items[index] ?? {};
      return this.of('POST', path, body);
    };
  }
}
