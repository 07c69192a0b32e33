import { CompactRange } from '../chain.js';
import { rootOfInclusion } from '../merkle/tree.js';
import type { JsonObject } from '../../platform/json.js';
import { checkEvent, type LoggedEvent } from './event-check.rules.js';
import { isAbandoned, Succession, type SubstrateEvent } from './succession.js';

/** What somebody kept of the log when it had `size` events, signed by it. */
export interface CheckpointAnchor {
  /** Where it is from, for people. */
  readonly name: string;
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** Proof of one event under a checkpoint. */
export interface ReceiptAnchor extends CheckpointAnchor {
  /** From 0. */
  readonly index: number;
  readonly proof: readonly Buffer[];
}

/** What the log is compared with from outside. */
export interface Anchors {
  readonly checkpoints: readonly CheckpointAnchor[];
  readonly receipts: readonly ReceiptAnchor[];
  /** Verifier keys that the log may name as its own; empty: any. */
  readonly vkeys: readonly string[];
}

/** Kinds of tampering, as far as they can be told apart by what they leave behind. */
export type TamperingKind =
  /** A body is not what was hashed, or no event at all. */
  | 'edited'
  /** The chain is broken between two events that hold by themselves. */
  | 'relinked'
  /** An event is missing, twice there or in another's place. */
  | 'misplaced'
  /** The log is shorter than a checkpoint says. */
  | 'truncated'
  /** It holds in itself, but is not what a checkpoint or a receipt was made of. */
  | 'rewritten'
  /** It is the log of somebody else, or somebody else took it over. */
  | 'substituted';

/** The first thing that does not hold. */
export interface Tampering {
  readonly kind: TamperingKind;
  readonly event_id: number;
  readonly reason: string;
}

/** Checks that an event holds by itself, is the one with this id, and follows the one with that hash. */
export function inPlace(
  event: LoggedEvent,
  id: number,
  previousHash: string | null,
): { readonly body: JsonObject; readonly tampering: null } | { readonly body: null; readonly tampering: Tampering } {
  const bad = (kind: TamperingKind, reason: string) => ({ body: null, tampering: { kind, event_id: id, reason } });
  if (event.id !== id) return bad('misplaced', `event ${event.id} stands in the place of event ${id}`);
  const { event: body, fault } = checkEvent(event, previousHash);
  if (body === null) return bad(fault.startsWith('previous_hash') ? 'relinked' : 'edited', fault);
  const before = id === 1 ? null : id - 1;
  if (body['id'] !== id || body['previous_event_id'] !== before)
    return bad('misplaced', 'its body says that it stands elsewhere');
  return { body, tampering: null };
}

/**
 * Follows a log from its first event and compares it with what was kept of it. Reads nothing: whoever walks hands over one
 * event after the other, and at the end asks for the verdict.
 */
export class LogWalk {
  /** Keys of the log and recoveries, as far as the walk came. */
  readonly succession = new Succession();
  private readonly tree = CompactRange.empty();
  private last: Buffer | null = null;
  private found: Tampering | null = null;
  /** Anchors that are not of these events; a recovery further on may have given them up. */
  private readonly strangers: { readonly anchor: CheckpointAnchor; readonly tampering: Tampering }[] = [];
  private readonly bySize: ReadonlyMap<number, readonly CheckpointAnchor[]>;
  private readonly byIndex: ReadonlyMap<number, readonly ReceiptAnchor[]>;

  constructor(private readonly anchors: Anchors) {
    this.bySize = grouped([...anchors.checkpoints, ...anchors.receipts], ({ size }) => size);
    this.byIndex = grouped(anchors.receipts, ({ index }) => index);
  }

  /** Events so far. */
  get size(): number {
    return this.tree.size;
  }

  /** Hash of the last event, hex; null before the first one. */
  get head(): string | null {
    return this.last === null ? null : this.last.toString('hex');
  }

  /** Root of the tree over the events so far. */
  get root(): Buffer {
    return this.tree.root();
  }

  /** Compact range of that tree, as the head has it. */
  get range(): Buffer {
    return this.tree.toBytes();
  }

  /** Anchors that a recovery gave up, with the recovery's event: what they were signed of was lost. */
  get abandoned(): readonly CheckpointAnchor[] {
    const beyond = [...this.bySize.values()].flat().filter(({ size }) => size > this.size);
    const all = [...this.strangers.map(({ anchor }) => anchor), ...beyond];
    return all.filter(({ size }) => isAbandoned(size, this.succession.recoveries));
  }

  /** The next event; answers what is wrong with it or before it, and then the walk is over. */
  next(event: LoggedEvent): Tampering | null {
    const { body, tampering } = inPlace(event, this.size + 1, this.head);
    return tampering ? this.stop(tampering) : this.advance(event.hash, body as unknown as SubstrateEvent);
  }

  /**
   * One event on, which was checked to hold by itself and to follow; those of the substrate itself (and the first) must be
   * given whole, since they say who may sign the log.
   */
  advance(hash: Buffer, event: SubstrateEvent | null): Tampering | null {
    const id = this.size + 1;
    const tampering = (kind: TamperingKind, reason: string): Tampering => ({ kind, event_id: id, reason });
    const unlawful = event && this.succeed(event);
    if (unlawful !== null) return this.stop(tampering('substituted', unlawful));
    this.last = hash;
    this.tree.append(hash);
    this.compare(hash, tampering);
    return null;
  }

  /** Ends the walk at an event that does not hold; answers what is wrong first, here or before. */
  stop(tampering: Tampering): Tampering {
    this.found = tampering;
    return this.verdict() ?? tampering;
  }

  /** What is wrong with the log, now that it is over; null: all of it holds. */
  end(): Tampering | null {
    return this.verdict();
  }

  private verdict(): Tampering | null {
    const { recoveries, keys } = this.succession;
    const first = this.strangers.find(({ anchor }) => !isAbandoned(anchor.size, recoveries));
    if (first) return first.tampering;
    if (this.found) return this.found;
    const { vkeys } = this.anchors;
    const known = keys.map(({ key }) => key.text);
    if (this.size > 0 && vkeys.length > 0 && !vkeys.some((vkey) => known.includes(vkey))) {
      const reason = `the log names ${known.join(', ') || 'nothing'} as its key, which is none of those given`;
      return { kind: 'substituted', event_id: 1, reason };
    }
    const beyond = [...this.bySize.values()].flat().find((a) => a.size > this.size && !isAbandoned(a.size, recoveries));
    if (!beyond) return null;
    const reason = `${beyond.name} is of ${beyond.size} events and the log has ${this.size}: its end was cut off, or it was read before`;
    return { kind: 'truncated', event_id: this.size + 1, reason };
  }

  private compare(leaf: Buffer, tampering: (kind: TamperingKind, reason: string) => Tampering): void {
    for (const anchor of this.bySize.get(this.size) ?? []) {
      if (anchor.root.equals(this.tree.root())) continue;
      const reason = `the events up to here are not those of ${anchor.name}: history was written anew`;
      this.strangers.push({ anchor, tampering: tampering('rewritten', reason) });
    }
    for (const anchor of this.byIndex.get(this.size - 1) ?? []) {
      if (rootOfInclusion(anchor.index, anchor.size, leaf, anchor.proof)?.equals(anchor.root) === true) continue;
      const reason = `it is not the event of which ${anchor.name} is the receipt`;
      this.strangers.push({ anchor, tampering: tampering('rewritten', reason) });
    }
  }

  /** Why this event must not stand here, though it holds by itself. */
  private succeed(event: SubstrateEvent): string | null {
    const given = this.succession.recoveries.length;
    const fault = this.succession.follow(event);
    if (fault !== null) return fault;
    if (event.id === 1) return this.strangerIn(this.succession.origin);
    const recovery = this.succession.recoveries[given];
    return recovery && !recovery.restored.root.equals(this.tree.root())
      ? 'it says to go on from another log than this one'
      : null;
  }

  private strangerIn(origin: string | null): string | null {
    const { checkpoints, receipts } = this.anchors;
    const other = [...checkpoints, ...receipts].find((anchor) => anchor.origin !== origin);
    return other ? `it is the log ${String(origin)}, and ${other.name} is of ${other.origin}` : null;
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
