import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Request } from 'express';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';

/** Span in which failed logins are counted, in ms. */
export const LOGIN_WINDOW_MS = 15 * 60_000;
/** Failed logins of one account within it: more than a person mistypes, far too few to guess. */
export const ACCOUNT_FAILURES_MAX = 10;
/** Failed logins from one address within it: an office shares one. */
export const ADDRESS_FAILURES_MAX = 100;

/** The two counters of a login, by their throttler's name. */
export const LOGIN_THROTTLERS = [
  {
    name: 'account',
    ttl: LOGIN_WINDOW_MS,
    limit: ACCOUNT_FAILURES_MAX,
    getTracker: (request: Record<string, unknown>) => accountOf(request as unknown as Request),
  },
  {
    name: 'address',
    ttl: LOGIN_WINDOW_MS,
    limit: ADDRESS_FAILURES_MAX,
    getTracker: (request: Record<string, unknown>) => addressOf(request as unknown as Request),
  },
];

/** The key that a counter is stored under; usernames and addresses are hashed, as they need not be read there. */
export function throttleKey(name: string, tracker: string): string {
  return `${name}:${createHash('sha256').update(tracker).digest('base64url')}`;
}

function accountOf(request: Request): string {
  const { username } = (request.body ?? {}) as { username?: unknown };
  return typeof username === 'string' ? username.toLowerCase().slice(0, 128) : '';
}

function addressOf(request: Request): string {
  return request.ip ?? 'unknown';
}

/**
 * Counts attempts before they are made, so that many at once cannot slip through, in a table that all replicas share.
 * A good login takes its attempt back: only failures count in the end.
 */
@Injectable()
export class LoginThrottle implements ThrottlerStorage {
  constructor(private readonly bookkeeping: BookkeepingRepository) {}

  async increment(key: string, ttl: number, limit: number) {
    const { hits, secondsLeft } = await this.bookkeeping.countAttempt(key, ttl / 1000);
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: secondsLeft, isBlocked, timeToBlockExpire: isBlocked ? secondsLeft : 0 };
  }

  /** Takes the attempt of a good login back. */
  async forgive(request: Request): Promise<void> {
    await this.bookkeeping.forgiveAttempt(throttleKey('account', accountOf(request)));
    await this.bookkeeping.forgiveAttempt(throttleKey('address', addressOf(request)));
  }
}
