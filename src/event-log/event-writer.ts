import { hash, randomBytes } from 'node:crypto';
import type { JsonObject } from '../platform/json.js';
import type { Timestamp } from '../platform/time.js';
import { canonicalJson } from './canonical.js';
import { BODY_BYTES_MAX, CompactRange, eventBody, eventHash, type EventParts } from './chain.js';
import type { EventReference } from './event.js';

/** The end of the chain. `id` is 0 and `hash` null while the log is empty. */
export interface Head {
  readonly id: number;
  readonly hash: string | null;
  /** Compact range of the Merkle tree over all events. */
  readonly range: Buffer;
}

/** One event, ready to be inserted. */
export interface NewEvent extends EventReference {
  readonly body: Buffer;
  readonly leaf: Buffer;
  readonly parts: EventParts;
  /** Code of the refusal where it is one. */
  readonly denial: string | null;
}

/** A caller's JSON that is kept beside the log: it was too large for a body, or is about a person. */
export interface DetachedText {
  readonly eventId: number;
  readonly member: string;
  readonly text: string;
  /** Hex, where it is personal: without it nobody can guess the text by its digest. */
  readonly salt: string | null;
}

/** Bytes of a salt. */
const SALT_BYTES = 32;

/** Thrown when an event's body is above its limit even without its bulky members. */
export class BodyTooLargeError extends RangeError {
  constructor(bytes: number) {
    super(`an event body of ${bytes} bytes is above ${BODY_BYTES_MAX}`);
  }
}

type Taken = Omit<DetachedText, 'eventId'>;

type Draft = Omit<EventParts, 'id' | 'previousHash' | 'occurredAt' | 'payload'> & {
  readonly payload: JsonObject;
  readonly bulky: readonly string[];
  readonly personal?: readonly string[];
  readonly denial?: string | undefined;
};

/** Chains the events of one batch behind a head. */
export class EventWriter {
  readonly events: NewEvent[] = [];
  readonly detached: DetachedText[] = [];
  private id: number;
  private hash: string | null;
  private readonly range: CompactRange;

  constructor(
    head: Head,
    private readonly occurredAt: Timestamp,
    private readonly newSalt: () => Buffer = () => randomBytes(SALT_BYTES),
  ) {
    this.id = head.id;
    this.hash = head.hash;
    this.range = CompactRange.fromBytes(head.id, head.range);
  }

  /** The id that the next event will bear. */
  get nextId(): number {
    return this.id + 1;
  }

  /** The head after the events appended so far. */
  get head(): Head {
    return { id: this.id, hash: this.hash, range: this.range.toBytes() };
  }

  /**
   * Appends one event.
   * @throws BodyTooLargeError when the body is too large and no bulky member can be taken out of it
   */
  append(draft: Draft): EventReference {
    const { payload: whole, bulky, personal = [], denial = null, ...rest } = draft;
    const id = this.nextId;
    const { payload, taken: salted } = saltOut(whole, personal, this.newSalt);
    const fixed = { ...rest, id, previousHash: this.hash, occurredAt: this.occurredAt };
    let parts: EventParts = { ...fixed, payload: canonicalJson(payload) };
    let body = Buffer.from(eventBody(parts));
    if (body.length > BODY_BYTES_MAX) {
      const slim = detach(payload, bulky);
      parts = { ...fixed, payload: canonicalJson(slim.payload) };
      body = Buffer.from(eventBody(parts));
      if (body.length > BODY_BYTES_MAX) throw new BodyTooLargeError(body.length);
      for (const taken of slim.taken) this.detached.push({ eventId: id, ...taken });
    }
    for (const taken of salted) this.detached.push({ eventId: id, ...taken });
    const leaf = eventHash(body);
    this.range.append(leaf);
    this.id = id;
    this.hash = leaf.toString('hex');
    const event = { id, hash: this.hash, body, leaf, parts, denial };
    this.events.push(event);
    return { id, hash: event.hash };
  }
}

/** Puts digests (`x_sha256` of the RFC 8785 form, `x_bytes`) in the place of the members `bulky` names. */
function detach(payload: JsonObject, bulky: readonly string[]): { payload: JsonObject; taken: Taken[] } {
  const slim: Record<string, JsonObject[string]> = { ...payload };
  const taken: Taken[] = [];
  for (const member of bulky) {
    const value = payload[member];
    if (value === undefined) continue;
    const text = canonicalJson(value);
    delete slim[member];
    slim[`${member}_sha256`] = hash('sha256', text, 'hex');
    slim[`${member}_bytes`] = Buffer.byteLength(text);
    taken.push({ member, text, salt: null });
  }
  return { payload: slim, taken };
}

/** Puts salted digests (`x_salted`) in the place of the members that are about a person. */
function saltOut(
  payload: JsonObject,
  personal: readonly string[],
  newSalt: () => Buffer,
): { payload: JsonObject; taken: Taken[] } {
  if (personal.length === 0) return { payload, taken: [] };
  const slim: Record<string, JsonObject[string]> = { ...payload };
  const taken: Taken[] = [];
  for (const member of personal) {
    const value = payload[member];
    if (value === undefined) continue;
    const text = canonicalJson(value);
    const salt = newSalt();
    delete slim[member];
    slim[`${member}_salted`] = saltedDigest(salt, text);
    taken.push({ member, text, salt: salt.toString('hex') });
  }
  return { payload: slim, taken };
}

/** What stands in a body for a personal member: SHA-256(salt || UTF-8 of its RFC 8785 form), hex. */
export function saltedDigest(salt: Buffer, text: string): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(text)]), 'hex');
}
