import { hash } from 'node:crypto';
import { plusSeconds, type Timestamp } from '../platform/time.js';
import type { Caller, Idempotency } from './command.js';

/** How long a key stands for its answer, in seconds: the contract's 24 hours. */
export const IDEMPOTENCY_SECONDS = 86_400;

/** Longest key, in characters. */
export const IDEMPOTENCY_KEY_MAX = 255;

/** What is kept of a decided request. */
export interface IdempotencyRecord {
  readonly id: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
  readonly expiresAt: Timestamp;
}

/** Whether a text can be a key: 1-255 printable ASCII characters. */
export function isIdempotencyKey(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text) && text.length <= IDEMPOTENCY_KEY_MAX;
}

/** One uuid made from caller and key: a single indexed column to look up by. */
export function idempotencyId(caller: Caller, key: string): string {
  const h = hash('sha256', `${caller.kind}\n${caller.id}\n${key}`, 'hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

/** The records that a batch loaded and those it makes, so that a key used twice in one batch has one effect. */
export class IdempotencyLedger {
  private readonly known = new Map<string, IdempotencyRecord>();
  private readonly made = new Map<string, IdempotencyRecord>();

  constructor(loaded: readonly IdempotencyRecord[]) {
    for (const record of loaded) this.known.set(record.id, record);
  }

  /** The record in force, if any. */
  find(caller: Caller, key: string, now: Timestamp): IdempotencyRecord | null {
    const id = idempotencyId(caller, key);
    const record = this.made.get(id) ?? this.known.get(id);
    return record && record.expiresAt > now ? record : null;
  }

  /** Keeps an answer. */
  keep(caller: Caller, { key, fingerprint }: Idempotency, status: number, body: string, now: Timestamp): void {
    const id = idempotencyId(caller, key);
    this.made.set(id, { id, fingerprint, status, body, expiresAt: plusSeconds(now, IDEMPOTENCY_SECONDS) });
  }

  /** Records to be written. */
  get additions(): IdempotencyRecord[] {
    return [...this.made.values()];
  }
}
