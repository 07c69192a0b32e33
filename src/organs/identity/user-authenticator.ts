import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import passport from 'passport';
import type { Authenticator } from '../../access/authenticators.js';
import type { Caller } from '../../event-log/command.js';
import { ACCESS_TOKEN } from './jwt.strategy.js';

/** What a JWT looks like (RFC 7519): three parts of base64url. */
const JWT_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Finds out whose access token a request bears, through passport. */
@Injectable()
export class UserAuthenticator implements Authenticator {
  recognizes(token: string): boolean {
    return JWT_FORM.test(token);
  }

  authenticate(_token: string, request: IncomingMessage): Promise<Caller | null> {
    return new Promise((resolve) => {
      const done = (_error: unknown, caller?: Caller | false): void => resolve(caller || null);
      const check = passport.authenticate(ACCESS_TOKEN, { session: false }, done) as (...args: unknown[]) => void;
      check(request, {}, () => resolve(null));
    });
  }
}
