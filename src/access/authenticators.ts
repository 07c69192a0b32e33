import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../event-log/command.js';

/** Turns a bearer token of one form into its caller. */
export interface Authenticator {
  /** Whether a token has this authenticator's form; costs no query. */
  recognizes(token: string): boolean;
  /** The caller that bears it, or null. Whether that caller is still in force is decided later, by its rows. */
  authenticate(token: string, request: IncomingMessage): Promise<Caller | null>;
}

/** All forms of bearer tokens; each organ that issues one registers it at start. */
@Injectable()
export class Authenticators {
  private readonly all: Authenticator[] = [];

  register(authenticator: Authenticator): void {
    this.all.push(authenticator);
  }

  /** The caller of an `Authorization: Bearer` token, or null. */
  async authenticate(token: string, request: IncomingMessage): Promise<Caller | null> {
    const authenticator = this.all.find((a) => a.recognizes(token));
    return authenticator ? authenticator.authenticate(token, request) : null;
  }
}
