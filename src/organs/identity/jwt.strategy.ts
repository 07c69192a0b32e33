import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { Caller } from '../../event-log/command.js';
import { Config } from '../../platform/config/config.js';
import { UUID } from '../../platform/http/patterns.js';
import { derivedKey, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_TYPE } from './tokens.js';

/** Name of the strategy. */
export const ACCESS_TOKEN = 'access-token';

/** Checks access tokens: signature by the one pinned algorithm, type, issuer, audience, time. Roles are not in them. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, ACCESS_TOKEN) {
  constructor(config: Config) {
    const key = derivedKey(config, 'access-token');
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: Error | null, key?: Buffer) => void) => {
        if (typeOf(token) === TOKEN_TYPE) done(null, key);
        else done(new Error('not an access token'));
      },
    });
  }

  /** The caller that a checked token names, or false. */
  validate({ sub }: { sub?: unknown }): Caller | false {
    return typeof sub === 'string' && UUID.test(sub) ? { kind: 'user', id: sub } : false;
  }
}

function typeOf(token: string): unknown {
  try {
    return (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { typ?: unknown }).typ;
  } catch {
    return undefined;
  }
}
