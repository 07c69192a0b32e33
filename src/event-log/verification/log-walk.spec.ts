import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactRange, eventHash } from '../chain.js';
import { EventWriter } from '../event-writer.js';
import { inclusionProof } from '../merkle/tree.js';
import { rootOfHashes } from '../merkle/tile.js';
import { verifierKeyOf } from '../note/vkey.js';
import type { LoggedEvent } from './event-check.rules.js';
import { LogWalk, type Anchors, type CheckpointAnchor, type ReceiptAnchor, type Tampering } from './log-walk.js';

const ORIGIN = 'log.example/one';
const VKEY = verifierKeyOf(generateKeyPairSync('ed25519').privateKey, ORIGIN).text;
const SIZE = 23;

/** A log of so many events; `marks` makes it another one. */
function makeLog(size = SIZE, mark = '', origin = ORIGIN): LoggedEvent[] {
  const writer = new EventWriter({ id: 0, hash: null, range: Buffer.alloc(0) }, '2026-01-01T00:00:00.000000Z');
  for (let i = 1; i <= size; i += 1) {
    writer.append({
      actor: { type: 'user', id: 'u' },
      type: i === 1 ? 'substrate.genesis' : 'test.note',
      outcome: 'succeeded',
      subject: null,
      requestId: `r${i}`,
      causedBy: null,
      payload: i === 1 ? { origin, vkey: VKEY } : { text: `note ${i}${mark}` },
      bulky: [],
      effects: '[]',
    });
  }
  return writer.events.map(({ id, leaf, body }) => ({ id, hash: leaf, body: body.toString() }));
}

const log = makeLog();

function anchor(events: readonly LoggedEvent[], size: number, name = `checkpoint of ${size}`): CheckpointAnchor {
  const range = CompactRange.empty();
  for (const { hash } of events.slice(0, size)) range.append(hash);
  return { name, origin: ORIGIN, size, root: range.root() };
}

async function receipt(events: readonly LoggedEvent[], id: number, size: number): Promise<ReceiptAnchor> {
  const proof = await inclusionProof(id - 1, size, (subtrees) =>
    Promise.resolve(
      subtrees.map(({ height, index }) =>
        rootOfHashes(Buffer.concat(events.slice(index * 2 ** height, (index + 1) * 2 ** height).map((e) => e.hash))),
      ),
    ),
  );
  return { ...anchor(events, size, `receipt of ${id}`), index: id - 1, proof };
}

const NOTHING: Anchors = { checkpoints: [], receipts: [], vkeys: [] };

function walk(events: readonly LoggedEvent[], anchors: Partial<Anchors> = {}): Tampering | null {
  const walker = new LogWalk({ ...NOTHING, ...anchors });
  for (const event of events) {
    const tampering = walker.next(event);
    if (tampering) return tampering;
  }
  return walker.end();
}

/** An event with another body and a hash that fits it. */
const rehashed = (event: LoggedEvent, change: (body: string) => string): LoggedEvent => {
  const body = change(event.body);
  return { ...event, body, hash: eventHash(Buffer.from(body)) };
};

const withEvent = (id: number, change: (event: LoggedEvent) => LoggedEvent): LoggedEvent[] =>
  log.map((event) => (event.id === id ? change(event) : event));

describe('a walk along the log', () => {
  it('finds nothing in a log that nobody touched, whatever was kept of it', async () => {
    const checkpoints = Array.from({ length: SIZE }, (_, i) => anchor(log, i + 1));
    const receipts = await Promise.all([1, 7, 16, SIZE].map((id) => receipt(log, id, SIZE)));
    expect(walk(log)).toBeNull();
    expect(walk(log, { checkpoints, receipts, vkeys: [VKEY] })).toBeNull();
    expect(walk([])).toBeNull();
  });

  it.each([
    ['a changed body', withEvent(9, (e) => ({ ...e, body: e.body.replace('note', 'nope') })), 'edited', 9],
    ['a changed hash', withEvent(9, (e) => ({ ...e, hash: eventHash(e.hash) })), 'edited', 9],
    ['a body that is no canonical text', withEvent(9, (e) => rehashed(e, (b) => `${b} `)), 'edited', 9],
    ['a body with a further member', withEvent(9, (e) => rehashed(e, (b) => `${b.slice(0, -1)},"w":1}`)), 'edited', 9],
    ['a body and its hash changed', withEvent(9, (e) => rehashed(e, (b) => b.replace('note', 'nope'))), 'relinked', 10],
    ['the first event gone', log.slice(1), 'misplaced', 1],
    ['an event gone', log.filter((e) => e.id !== 9), 'misplaced', 9],
    [
      'an event gone and the rest renumbered',
      log.filter((e) => e.id !== 9).map((e, i) => ({ ...e, id: i + 1 })),
      'relinked',
      9,
    ],
    ['an event twice', [...log.slice(0, 9), ...log.slice(8)], 'misplaced', 10],
    ['two events swapped', [...log.slice(0, 8), log[9], log[8], ...log.slice(10)] as LoggedEvent[], 'misplaced', 9],
    [
      'another first event',
      withEvent(1, (e) => rehashed(e, (b) => b.replace('substrate.genesis', 'test.note'))),
      'edited',
      1,
    ],
  ] as const)('finds %s', (_, events, kind, id) => {
    expect(walk(events)).toMatchObject({ kind, event_id: id });
  });

  it('finds a cut end by a checkpoint, and by nothing else', () => {
    const cut = log.slice(0, -3);
    expect(walk(cut)).toBeNull();
    expect(walk(cut, { checkpoints: [anchor(log, SIZE - 3)] })).toBeNull();
    expect(walk(cut, { checkpoints: [anchor(log, SIZE)] })).toMatchObject({ kind: 'truncated', event_id: SIZE - 2 });
    expect(walk([], { checkpoints: [anchor(log, 1)] })).toMatchObject({ kind: 'truncated', event_id: 1 });
  });

  it('finds a history that was written anew by a checkpoint or a receipt, and by nothing else', async () => {
    const anew = [...log.slice(0, 8), ...makeLog(SIZE, '!').slice(8)].slice(0, 8);
    const suffix = makeLog(SIZE, '!');
    expect(walk(suffix)).toBeNull();
    expect(walk(anew, { checkpoints: [anchor(log, 8)] })).toBeNull();
    expect(walk(suffix, { checkpoints: [anchor(log, 8)] })).toMatchObject({ kind: 'rewritten', event_id: 8 });
    expect(walk(suffix, { checkpoints: [anchor(log, 1), anchor(log, SIZE)] })).toMatchObject({ event_id: SIZE });
    const kept = { ...(await receipt(log, 5, SIZE)) };
    expect(walk(suffix, { receipts: [kept] })).toMatchObject({ kind: 'rewritten', event_id: 5 });
    expect(walk(log, { receipts: [{ ...kept, index: 5 }] })).toMatchObject({ kind: 'rewritten', event_id: 6 });
  });

  it('finds the log of somebody else', () => {
    const other = makeLog(SIZE, '', 'log.example/two');
    expect(walk(other, { checkpoints: [anchor(log, SIZE)] })).toMatchObject({ kind: 'substituted', event_id: 1 });
    expect(walk(log, { vkeys: ['another key'] })).toMatchObject({ kind: 'substituted', event_id: 1 });
  });

  it('finds any single changed character, at the event where it is', () => {
    const checkpoints = [anchor(log, SIZE)];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SIZE }), fc.nat(), fc.integer({ min: 1, max: 127 }), (id, place, bits) => {
        const events = withEvent(id, (e) => {
          const at = place % e.body.length;
          const other = String.fromCharCode(e.body.charCodeAt(at) ^ bits);
          return { ...e, body: e.body.slice(0, at) + other + e.body.slice(at + 1) };
        });
        expect(walk(events, { checkpoints })).toMatchObject({ kind: 'edited', event_id: id });
      }),
      { numRuns: 1_000 },
    );
  });
});
