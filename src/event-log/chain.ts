import { hash } from 'node:crypto';
import { canonicalString } from './canonical.js';
import type { Actor, Outcome, Subject } from './event.js';
import type { Timestamp } from '../platform/time.js';

/** Version of the event format that this code writes. */
export const FORMAT_VERSION = 1;

/** Largest event body, in bytes of UTF-8: a C2SP entry bundle gives the length of an entry in two bytes. */
export const BODY_BYTES_MAX = 65_535;

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

/** RFC 9162, section 2.1.1: the leaf prefix. */
const LEAF_PREFIX = Buffer.from([0x00]);
/** RFC 9162, section 2.1.1: the prefix of an inner node. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** The members of one event; `payload` and `effects` are canonical JSON texts already. */
export interface EventParts {
  readonly id: number;
  readonly previousHash: string | null;
  readonly occurredAt: Timestamp;
  readonly actor: Actor;
  readonly type: string;
  readonly outcome: Outcome;
  readonly subject: Subject | null;
  readonly requestId: string;
  readonly causedBy: number | null;
  readonly payload: string;
  readonly effects: string;
}

/** The RFC 8785 text of an event's body; members are written in canonical order instead of being sorted. */
export function eventBody(e: EventParts): string {
  const previousId = e.id === 1 ? 'null' : String(e.id - 1);
  const previousHash = e.previousHash === null ? 'null' : `"${e.previousHash}"`;
  return (
    `{"actor":{"id":${canonicalString(e.actor.id)},"type":"${e.actor.type}"},"caused_by":${e.causedBy ?? 'null'},` +
    `"effects":${e.effects},"id":${e.id},"occurred_at":"${e.occurredAt}","outcome":"${e.outcome}",` +
    `"payload":${e.payload},"previous_event_id":${previousId},"previous_hash":${previousHash},` +
    `"request_id":${canonicalString(e.requestId)},"subject":${subjectText(e.subject)},` +
    `"type":${canonicalString(e.type)},"v":${FORMAT_VERSION}}`
  );
}

function subjectText(subject: Subject | null): string {
  if (subject === null) return 'null';
  return `{"id":${canonicalString(subject.id)},"type":${canonicalString(subject.type)}}`;
}

/** The event's hash, which is also its leaf in the Merkle tree: SHA-256(0x00 || body), RFC 9162 section 2.1.1. */
export function eventHash(body: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF_PREFIX, body]), 'buffer');
}

/** The hash of an event whose body is given as text, in hex: as `eventHash`, without a copy of it. */
export function eventHashOfText(body: string): string {
  return hash('sha256', `\0${body}`, 'hex');
}

/** The hash of an inner node: SHA-256(0x01 || left || right), RFC 9162 section 2.1.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  // A tree has as many of these as events: they share one buffer, which nothing outlives.
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return hash('sha256', NODE, 'buffer');
}

/**
 * The compact range of an RFC 9162 tree: the roots of the perfect subtrees that make up the first `size` leaves, largest
 * first. It is all that is needed to append leaves and to know the root.
 */
export class CompactRange {
  private constructor(
    private leaves: number,
    private readonly peaks: Buffer[],
  ) {}

  /** The range of no leaves. */
  static empty(): CompactRange {
    return new CompactRange(0, []);
  }

  /**
   * Reads what `toBytes` wrote.
   * @throws RangeError when the number of hashes does not fit the size
   */
  static fromBytes(size: number, bytes: Uint8Array): CompactRange {
    const expected = onesOf(size) * HASH_BYTES;
    if (bytes.length !== expected)
      throw new RangeError(`a range of ${size} leaves has ${expected} bytes, not ${bytes.length}`);
    const peaks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += HASH_BYTES) peaks.push(Buffer.from(bytes.subarray(at, at + HASH_BYTES)));
    return new CompactRange(size, peaks);
  }

  /** Number of leaves. */
  get size(): number {
    return this.leaves;
  }

  /** Adds a leaf hash. */
  append(leaf: Buffer): void {
    let node = leaf;
    for (let n = this.leaves; n % 2 === 1; n = Math.floor(n / 2)) {
      const left = this.peaks.pop();
      if (left === undefined) throw new RangeError('the compact range lacks a peak');
      node = nodeHash(left, node);
    }
    this.peaks.push(node);
    this.leaves += 1;
  }

  /** The Merkle tree hash of all leaves; of none, SHA-256 of nothing (RFC 9162 section 2.1.1). */
  root(): Buffer {
    const last = this.peaks.at(-1);
    if (last === undefined) return hash('sha256', Buffer.alloc(0), 'buffer');
    return this.peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }

  /** The hashes one after the other, largest subtree first. */
  toBytes(): Buffer {
    return Buffer.concat(this.peaks);
  }
}

/** Number of one bits, which is the number of perfect subtrees; exact up to 2^53. */
function onesOf(size: number): number {
  let ones = 0;
  for (let n = size; n > 0; n = Math.floor(n / 2)) ones += n % 2;
  return ones;
}
