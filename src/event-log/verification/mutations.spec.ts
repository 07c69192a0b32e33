import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactRange, eventHash } from '../chain.js';
import { EventWriter } from '../event-writer.js';
import { rootOfHashes } from '../merkle/tile.js';
import { inclusionProof } from '../merkle/tree.js';
import type { LoggedEvent } from './event-check.rules.js';
import { LogWalk, type Anchors, type CheckpointAnchor, type ReceiptAnchor, type Tampering } from './log-walk.js';

const ORIGIN = 'log.example/one';
const SIZE = 40;
/** Sizes of the checkpoints and ids of the receipts that somebody kept. */
const [CHECKPOINTS, RECEIPTS] = [
  [3, 17, 32, SIZE],
  [9, 24],
];
/** Mutations that are tried. */
const RUNS = 10_000;

const log = makeLog();

function makeLog(): LoggedEvent[] {
  const writer = new EventWriter({ id: 0, hash: null, range: Buffer.alloc(0) }, '2026-01-01T00:00:00.000000Z');
  for (let i = 1; i <= SIZE; i += 1) {
    writer.append({
      actor: { type: 'user', id: 'ü 漢 🚀' },
      type: i === 1 ? 'substrate.genesis' : 'test.note',
      outcome: 'succeeded',
      subject: i % 3 === 0 ? null : { type: 'note', id: String(i) },
      requestId: `r${i}`,
      causedBy: null,
      payload: i === 1 ? { origin: ORIGIN } : { text: `note ${i}`, number: 0.1 + 0.2 },
      bulky: [],
      effects: '[]',
    });
  }
  return writer.events.map(({ id, leaf, body }) => ({ id, hash: leaf, body: body.toString() }));
}

function checkpoint(size: number): CheckpointAnchor {
  const range = CompactRange.empty();
  for (const { hash } of log.slice(0, size)) range.append(hash);
  return { name: `checkpoint of ${size}`, origin: ORIGIN, size, root: range.root() };
}

async function receipt(id: number): Promise<ReceiptAnchor> {
  const hashes = log.map(({ hash }) => hash);
  const proof = await inclusionProof(id - 1, SIZE, (subtrees) =>
    Promise.resolve(
      subtrees.map(({ height, index }) =>
        rootOfHashes(Buffer.concat(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height))),
      ),
    ),
  );
  return { ...checkpoint(SIZE), name: `receipt of ${id}`, index: id - 1, proof };
}

const anchors: Anchors = {
  checkpoints: CHECKPOINTS.map(checkpoint),
  receipts: await Promise.all(RECEIPTS.map(receipt)),
  vkeys: [],
};

/** The first event at which what somebody kept shows that this one is another. */
const anchoredFrom = (id: number): number => Math.min(...[...CHECKPOINTS, ...RECEIPTS].filter((at) => at >= id));

function walk(events: readonly LoggedEvent[]): Pick<Tampering, 'kind' | 'event_id'> | null {
  const walker = new LogWalk(anchors);
  for (const event of events) {
    const tampering = walker.next(event);
    if (tampering) return tampering;
  }
  return walker.end();
}

/** A mutated log, and what must be found of it first. */
interface Mutation {
  readonly events: readonly LoggedEvent[];
  readonly kind: Tampering['kind'];
  readonly event_id: number;
}

/** Another number below `limit` than this one. */
const otherThan = (n: number, shift: number, limit: number): number => (n + 1 + (shift % (limit - 1))) % limit;

const replaced = (at: number, event: LoggedEvent): LoggedEvent[] => log.map((e, i) => (i === at ? event : e));

function eventAt(at: number): LoggedEvent {
  const event = log[at];
  if (!event) throw new RangeError(`no event ${at + 1}`);
  return event;
}

function flippedBit(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % bytes.length;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}

/** An event with another text in its payload, behind a hash, with a hash of its own. */
function forgedBehind(event: LoggedEvent, id: number, previous: Buffer | undefined, mark: number): LoggedEvent {
  const hash = previous === undefined ? 'null' : `"${previous.toString('hex')}"`;
  const body = event.body
    .replace(/"id":\d+,"occurred_at"/, `"id":${id},"occurred_at"`)
    .replace(/"previous_event_id":\w+/, `"previous_event_id":${id === 1 ? 'null' : id - 1}`)
    .replace(/"previous_hash":(null|"\w+")/, `"previous_hash":${hash}`)
    .replace(/"request_id":"/, `"request_id":"forged ${mark} `);
  return { id, hash: eventHash(Buffer.from(body)), body };
}

/** Each makes of an index, another number and a third one a mutation. */
const MUTATIONS: Record<string, (at: number, n: number) => Mutation> = {
  'a bit of an id': (at, n) => {
    const event = eventAt(at);
    const events = replaced(at, { ...event, id: event.id ^ (1 << (n % 31)) });
    return { events, kind: 'misplaced', event_id: at + 1 };
  },
  'a bit of a hash': (at, n) => {
    const event = eventAt(at);
    return { events: replaced(at, { ...event, hash: flippedBit(event.hash, n) }), kind: 'edited', event_id: at + 1 };
  },
  'a bit of a body': (at, n) => {
    const event = eventAt(at);
    const body = flippedBit(Buffer.from(event.body), n).toString();
    return { events: replaced(at, { ...event, body }), kind: 'edited', event_id: at + 1 };
  },
  'a line left out': (at) => ({
    events: log.toSpliced(at, 1),
    kind: at === SIZE - 1 ? 'truncated' : 'misplaced',
    event_id: at + 1,
  }),
  'a line left out, the others renumbered': (at) => ({
    events: log.toSpliced(at, 1).map((event, i) => ({ ...event, id: i + 1 })),
    kind: at === SIZE - 1 ? 'truncated' : 'relinked',
    event_id: at + 1,
  }),
  'a line twice': (at, n) => {
    const to = n % (SIZE + 1);
    const events = log.toSpliced(to, 0, eventAt(at));
    // Right before itself it stands in its place, and the second of both does not.
    return { events, kind: 'misplaced', event_id: to === at ? at + 2 : to + 1 };
  },
  'two lines swapped': (at, n) => {
    const other = otherThan(at, n, SIZE);
    const events = log.map((event, i) => (i === at ? eventAt(other) : i === other ? eventAt(at) : event));
    return { events, kind: 'misplaced', event_id: Math.min(at, other) + 1 };
  },
  'a forged line among the others': (at, n) => {
    const forged = forgedBehind(eventAt(at), at + 1, log[at - 1]?.hash, n);
    const events = log.toSpliced(at, 0, forged);
    const isKept = anchoredFrom(at + 1) === at + 1;
    return { events, kind: isKept ? 'rewritten' : 'misplaced', event_id: isKept ? at + 1 : at + 2 };
  },
  'a forged line in the place of another': (at, n) => {
    const events = replaced(at, forgedBehind(eventAt(at), at + 1, log[at - 1]?.hash, n));
    const isKept = anchoredFrom(at + 1) === at + 1;
    return { events, kind: isKept ? 'rewritten' : 'relinked', event_id: isKept ? at + 1 : at + 2 };
  },
  'everything from a line on written anew': (at, n) => {
    const events = log.slice(0, at);
    for (const event of log.slice(at)) events.push(forgedBehind(event, event.id, events.at(-1)?.hash, n));
    return { events, kind: 'rewritten', event_id: anchoredFrom(at + 1) };
  },
  'the end cut off': (at) => ({ events: log.slice(0, at), kind: 'truncated', event_id: at + 1 }),
};

describe('a walk along a log', () => {
  it('finds nothing where nothing was done', () => {
    expect(walk(log)).toBeNull();
  });

  it(`finds each of ${RUNS} mutations, at the event where it is`, () => {
    const found = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(MUTATIONS)),
        fc.nat({ max: SIZE - 1 }),
        fc.nat({ max: 1_000_000 }),
        (name, at, n) => {
          const mutation = MUTATIONS[name]?.(at, n);
          if (!mutation) throw new Error(name);
          const { events, kind, event_id } = mutation;
          expect(walk(events)).toMatchObject({ kind, event_id });
          found.set(name, (found.get(name) ?? 0) + 1);
        },
      ),
      { numRuns: RUNS },
    );
    expect([...found.keys()].toSorted()).toEqual(Object.keys(MUTATIONS).toSorted());
  });
});
