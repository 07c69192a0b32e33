import { CompactRange } from '../chain.js';
import { rootOfInclusion } from '../merkle/tree.js';
import { checkEvent, type LoggedEvent } from './event-check.rules.js';

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
  /** It is the log of somebody else. */
  | 'substituted';

/** The first thing that does not hold. */
export interface Tampering {
  readonly kind: TamperingKind;
  readonly event_id: number;
  readonly reason: string;
}

/**
 * Follows a log from its first event and compares it with what was kept of it. Reads nothing: whoever walks hands over one
 * event after the other, and at the end asks what is still open.
 */
export class LogWalk {
  private readonly tree = CompactRange.empty();
  private hash: string | null = null;
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
    return this.hash;
  }

  /** The next event; answers what is wrong with it, and then the walk is over. */
  next(event: LoggedEvent): Tampering | null {
    const id = this.size + 1;
    const tampering = (kind: TamperingKind, reason: string): Tampering => ({ kind, event_id: id, reason });
    if (event.id !== id) return tampering('misplaced', `event ${event.id} stands in the place of event ${id}`);
    const { event: body, fault } = checkEvent(event, this.hash);
    if (body === null) return tampering(fault.startsWith('previous_hash') ? 'relinked' : 'edited', fault);
    const before = id === 1 ? null : id - 1;
    if (body['id'] !== id || body['previous_event_id'] !== before)
      return tampering('misplaced', 'its body says that it stands elsewhere');
    if (id === 1) {
      const stranger = this.strangerIn(body['payload'] as { origin?: unknown; vkey?: unknown } | null);
      if (stranger !== null) return tampering('substituted', stranger);
    }
    this.hash = event.hash.toString('hex');
    this.tree.append(event.hash);
    return this.anchored(event.hash, tampering);
  }

  /** What is wrong with the end of the log. */
  end(): Tampering | null {
    const beyond = [...this.bySize.values()].flat().find(({ size }) => size > this.size);
    if (!beyond) return null;
    const reason = `${beyond.name} is of ${beyond.size} events and the log has ${this.size}: its end was cut off, or it was read before`;
    return { kind: 'truncated', event_id: this.size + 1, reason };
  }

  private anchored(leaf: Buffer, tampering: (kind: TamperingKind, reason: string) => Tampering): Tampering | null {
    const other = this.bySize.get(this.size)?.find(({ root }) => !root.equals(this.tree.root()));
    if (other)
      return tampering('rewritten', `the events up to here are not those of ${other.name}: history was written anew`);
    const receipt = this.byIndex
      .get(this.size - 1)
      ?.find(({ index, size, root, proof }) => rootOfInclusion(index, size, leaf, proof)?.equals(root) !== true);
    return receipt ? tampering('rewritten', `it is not the event of which ${receipt.name} is the receipt`) : null;
  }

  /** Why a log that begins so is not the one that was asked for, or null. */
  private strangerIn(genesis: { origin?: unknown; vkey?: unknown } | null): string | null {
    const { checkpoints, receipts, vkeys } = this.anchors;
    const other = [...checkpoints, ...receipts].find(({ origin }) => origin !== genesis?.origin);
    if (other) return `it is the log ${String(genesis?.origin)}, and ${other.name} is of ${other.origin}`;
    return vkeys.length === 0 || vkeys.includes(String(genesis?.vkey))
      ? null
      : `it names ${String(genesis?.vkey)} as its key, which is none of those given`;
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
