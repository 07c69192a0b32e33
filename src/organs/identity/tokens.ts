import { createHmac, hkdfSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Config } from '../../platform/config/config.js';
import { ACTIVATION_PREFIX, randomToken } from '../../platform/random-token.js';

/** Life of an access token, in seconds. */
export const ACCESS_SECONDS = 900;
/** Life of a refresh token, in seconds: thirty days. */
export const REFRESH_SECONDS = 2_592_000;
/** How long a refresh token still gets the same successor, in seconds: an answer may be lost. */
export const REFRESH_GRACE_SECONDS = 10;

/** Who issues and who takes access tokens. */
export const TOKEN_ISSUER = 'echo-substrate';
export const TOKEN_AUDIENCE = 'echo-substrate-api';
/** Type of an access token (RFC 9068), so that no other token of ours passes for one. */
export const TOKEN_TYPE = 'at+jwt';
/** The one algorithm. */
export const TOKEN_ALGORITHM = 'HS256';

/** A key of 32 bytes for one purpose, derived from SECRET_KEY (HKDF, RFC 5869). */
export function derivedKey(config: Config, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', config.secretKey, '', `echo-substrate ${purpose}`, 32));
}

/** Makes tokens. Refresh and activation tokens are random; only their hashes are kept. */
@Injectable()
export class Tokens {
  private readonly successorKey: Buffer;

  constructor(
    config: Config,
    private readonly jwt: JwtService,
  ) {
    this.successorKey = derivedKey(config, 'refresh-successor');
  }

  accessToken(userId: string): Promise<string> {
    return this.jwt.signAsync({}, { subject: userId });
  }

  newRefreshToken(): string {
    return randomToken('er');
  }

  newActivationToken(): string {
    return randomToken(ACTIVATION_PREFIX);
  }

  /** The token that takes a refresh token's place: derived, so that asking again gets the same without storing it. */
  successorOf(refreshToken: string): string {
    return `er_${createHmac('sha256', this.successorKey).update(refreshToken).digest('base64url')}`;
  }
}
