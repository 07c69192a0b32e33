import type { JsonObject, JsonValue } from '../../platform/json.js';
import { parseCheckpoint, type Checkpoint } from '../note/checkpoint.js';
import { noteText, parseNote } from '../note/note.js';
import { isSignedBy, parseVerifierKey, signText, type SigningKey, type VerifierKey } from '../note/vkey.js';

/** Type of the event with which a log takes another signing key. */
export const ROTATION = 'substrate.rotate_key';
/** Type of the event with which a log goes on after a part of it was lost. */
export const RECOVERY = 'substrate.recover';

/** A log's way on after events were lost that had been signed: what was signed of them is void from here on, and nothing else. */
export interface Recovery {
  /** Id of the event that says so. */
  readonly eventId: number;
  /** Events that are the same before and after: checkpoints up to this size hold. */
  readonly forkSize: number;
  /** The newest checkpoint of what was lost. */
  readonly abandoned: Checkpoint;
  /** The log that is left, right before the event. */
  readonly restored: Checkpoint;
}

/** A key of the log, and the event from which on it signs. */
export interface LogKeyEntry {
  readonly eventId: number;
  readonly key: VerifierKey;
}

/** What `Succession` needs of an event. */
export interface SubstrateEvent {
  readonly id: number;
  readonly type: string;
  readonly outcome: string;
  readonly payload: JsonValue;
}

/** Follows who may sign a log, and what was given up of it: its first event, rotations and recoveries, in order. */
export class Succession {
  readonly keys: LogKeyEntry[] = [];
  readonly recoveries: Recovery[] = [];
  /** Name of the log as its first event has it; null before it, or where it names none. */
  origin: string | null = null;

  /** The key that signs now; null where the first event named none. */
  get key(): VerifierKey | null {
    return this.keys.at(-1)?.key ?? null;
  }

  /** Takes in an event; answers what is wrong with it, or null. Events of other types mean nothing here. */
  follow({ id, type, outcome, payload }: SubstrateEvent): string | null {
    if (id === 1) this.begin(payload);
    if (outcome !== 'succeeded' || this.key === null) return null;
    if (type === ROTATION) {
      const key = readRotation(payload, this.key);
      if (!key) return "another key takes over, and the log's key has not signed that";
      this.keys.push({ eventId: id, key });
    }
    if (type === RECOVERY) {
      const recovery = readRecovery(payload, id, this.key);
      if (!recovery) return "it gives up a part of the log, and the log's key has not signed that";
      this.recoveries.push(recovery);
    }
    return null;
  }

  private begin(payload: JsonValue): void {
    const { origin, vkey } = (payload ?? {}) as { origin?: unknown; vkey?: unknown };
    this.origin = typeof origin === 'string' ? origin : null;
    const key = typeof vkey === 'string' ? parseVerifierKey(vkey) : null;
    if (key !== null && key.name === this.origin) this.keys.push({ eventId: 1, key });
  }
}

/** Whether a checkpoint or receipt of this size may be of what a recovery gave up. */
export function isAbandoned(size: number, recoveries: readonly Recovery[]): boolean {
  return recoveries.some(({ forkSize, abandoned }) => size > forkSize && size <= abandoned.size);
}

/** Payload of a recovery: both checkpoints as signed notes, and up to where the log is what it was. */
export function recoveryPayload(forkSize: number, abandoned: string, restored: string): JsonObject {
  return { abandoned, fork_size: forkSize, restored };
}

/** Reads a recovery; null unless it names a loss, stands right behind what it restores, and both checkpoints are signed by a key. */
export function readRecovery(payload: JsonValue, eventId: number, key: VerifierKey): Recovery | null {
  const { abandoned, restored, fork_size: forkSize } = (payload ?? {}) as JsonObject;
  const [lost, left] = [signedBy(abandoned, key), signedBy(restored, key)];
  if (!lost || !left || typeof forkSize !== 'number') return null;
  const isPlain = Number.isSafeInteger(forkSize) && forkSize >= 0 && forkSize <= left.size && forkSize < lost.size;
  return isPlain && left.size === eventId - 1 ? { eventId, forkSize, abandoned: lost, restored: left } : null;
}

/** Payload of a rotation. Both keys sign it: the old one lets the log go, the new one takes it. */
export function rotationPayload(from: SigningKey, to: SigningKey): JsonObject {
  const text = rotationText(from.verifier, to.verifier);
  const signatures = [from, to].map((key) => signText(text, key));
  return { previous_vkey: from.verifier.text, rotation: noteText({ text, signatures }), vkey: to.verifier.text };
}

/** The key that takes over; null unless the key so far and the new one have both signed that. */
export function readRotation(payload: JsonValue, from: VerifierKey): VerifierKey | null {
  const { vkey, rotation } = (payload ?? {}) as JsonObject;
  const to = typeof vkey === 'string' ? parseVerifierKey(vkey) : null;
  const note = typeof rotation === 'string' ? parseNote(rotation) : null;
  if (!to || !note || to.name !== from.name || note.text !== rotationText(from, to)) return null;
  return isSignedBy(note, from) && isSignedBy(note, to) ? to : null;
}

function rotationText(from: VerifierKey, to: VerifierKey): string {
  return `${from.name}\nthe log's key ${from.text}\ngives way to the key ${to.text}\n`;
}

function signedBy(text: JsonValue | undefined, key: VerifierKey): Checkpoint | null {
  const note = typeof text === 'string' ? parseNote(text) : null;
  const checkpoint = note && isSignedBy(note, key) ? parseCheckpoint(note.text) : null;
  return checkpoint?.origin === key.name ? checkpoint : null;
}
