import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { normalizeIp, type ThrottlerStorage } from '@nestjs/throttler';
import type { Request } from 'express';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { throttled } from './identity.errors.js';

/** Span in which wrong passwords are counted, in ms. */
export const LOGIN_WINDOW_MS = 15 * 60_000;
/** Wrong passwords for one account within it: more than a person mistypes, far too few to guess. */
export const ACCOUNT_FAILURES_MAX = 10;
/** Wrong passwords from one address within it: an office shares one. */
export const ADDRESS_FAILURES_MAX = 100;

/**
 * The two counters of a login, by their throttler's name. The address comes first: once it is blocked, its attempts
 * count against no account any more, so nobody is locked out from there.
 */
export const LOGIN_THROTTLERS = [
  {
    name: 'address',
    ttl: LOGIN_WINDOW_MS,
    limit: ADDRESS_FAILURES_MAX,
    getTracker: (request: Record<string, unknown>) => addressOf(request as unknown as Request),
  },
  {
    name: 'account',
    ttl: LOGIN_WINDOW_MS,
    limit: ACCOUNT_FAILURES_MAX,
    getTracker: (request: Record<string, unknown>) => accountOf(request as unknown as Request),
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

/** Who holds one IPv6 address holds its /64, which counts as one. */
function addressOf(request: Request): string {
  return normalizeIp(request.ip ?? 'unknown');
}

/**
 * Counts attempts before they are made, so that many at once cannot slip through, in a table that all replicas share.
 * What was no wrong password takes its attempt back: only those count in the end.
 */
@Injectable()
export class LoginThrottle implements ThrottlerStorage {
  constructor(private readonly bookkeeping: BookkeepingRepository) {}

  async increment(key: string, ttl: number, limit: number) {
    const { hits, secondsLeft } = await this.bookkeeping.countAttempt(key, ttl / 1000);
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: secondsLeft, isBlocked, timeToBlockExpire: isBlocked ? secondsLeft : 0 };
  }

  /** Takes the attempt of a login back. */
  async forgive(request: Request): Promise<void> {
    await this.bookkeeping.forgiveAttempt(throttleKey('address', addressOf(request)));
    await this.bookkeeping.forgiveAttempt(throttleKey('account', accountOf(request)));
  }

  /**
   * Counts a try of a logged-in user at its current password. Its counter is not the login's: strangers who fail to log in
   * do not keep a user from changing its password, nor a stolen access token its owner from logging in.
   * @throws ProblemError 429
   */
  async countOwn(userId: string): Promise<void> {
    const key = throttleKey('own', userId);
    const { isBlocked, timeToBlockExpire } = await this.increment(key, LOGIN_WINDOW_MS, ACCOUNT_FAILURES_MAX);
    if (isBlocked) throw new ProblemError(throttled(timeToBlockExpire));
  }

  /** Takes the try of a logged-in user back. */
  async forgiveOwn(userId: string): Promise<void> {
    await this.bookkeeping.forgiveAttempt(throttleKey('own', userId));
  }
}
