import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../platform/json.js';
import { BODY_BYTES_MAX, CompactRange, eventHash } from './chain.js';
import { BodyTooLargeError, EventWriter } from './event-writer.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const empty = { id: 0, hash: null, range: Buffer.alloc(0) };
const draft = (payload: JsonObject, bulky: string[] = []) => ({
  actor: { type: 'system', id: 's' } as const,
  type: 'a.b',
  outcome: 'succeeded' as const,
  subject: null,
  requestId: 'r',
  causedBy: null,
  effects: '[]',
  payload,
  bulky,
});

/** Length of the text that makes a body exactly as long as it may be. */
function roomFor(member: string): number {
  const writer = new EventWriter(empty, NOW);
  writer.append(draft({ [member]: '' }));
  return BODY_BYTES_MAX - (writer.events[0]?.body.length ?? 0);
}

describe('the event writer', () => {
  it('chains events behind the head', () => {
    const writer = new EventWriter(empty, NOW);
    const [first, second] = [writer.append(draft({ a: '1' })), writer.append(draft({ a: '2' }))];
    expect(JSON.parse(String(writer.events[0]?.body))).toMatchObject({
      id: 1,
      previous_event_id: null,
      previous_hash: null,
    });
    expect(JSON.parse(String(writer.events[1]?.body))).toMatchObject({
      id: 2,
      previous_event_id: 1,
      previous_hash: first.hash,
    });
    expect(writer.head).toMatchObject({ id: 2, hash: second.hash });
  });

  it('goes on where another writer ended', () => {
    const whole = new EventWriter(empty, NOW);
    const parts = [new EventWriter(empty, NOW)];
    for (let i = 0; i < 7; i += 1) {
      const last = parts.at(-1) ?? whole;
      expect(last.append(draft({ a: String(i) }))).toEqual(whole.append(draft({ a: String(i) })));
      parts.push(new EventWriter(last.head, NOW));
    }
    expect(parts.at(-1)?.head).toEqual(whole.head);
    const range = CompactRange.empty();
    for (const { body, hash, leaf } of whole.events) {
      expect(leaf).toEqual(eventHash(body));
      expect(hash).toBe(leaf.toString('hex'));
      range.append(leaf);
    }
    expect(whole.head.range).toEqual(range.toBytes());
  });

  it.each([
    [-1, false],
    [0, false],
    [1, true],
  ])('detaches bulky JSON from a body %p bytes above the largest: %p', (above, isDetached) => {
    const writer = new EventWriter(empty, NOW);
    // Two bytes of UTF-8 each, and one more where the room is odd.
    const room = roomFor('x') + above;
    const text = 'é'.repeat(Math.floor(room / 2)) + 'a'.repeat(room % 2);
    writer.append(draft({ x: text }, ['x']));
    expect(writer.detached).toHaveLength(isDetached ? 1 : 0);
    if (!isDetached) expect(writer.events[0]?.body).toHaveLength(BODY_BYTES_MAX + above);
    const { payload } = JSON.parse(String(writer.events[0]?.body)) as { payload: object };
    const digest = createHash('sha256').update(`"${text}"`).digest('hex');
    expect(payload).toEqual(isDetached ? { x_sha256: digest, x_bytes: room + 2 } : { x: text });
  });

  it('detaches every bulky member that is there, in RFC 8785 form, and hashes what is left', () => {
    const writer = new EventWriter(empty, NOW);
    const { hash } = writer.append({
      ...draft({}, ['x', 'y', 'absent']),
      payload: { x: { b: 'b'.repeat(BODY_BYTES_MAX), a: 1 }, y: [1.0, -0], z: 'stays' },
    });
    const [event] = writer.events;
    const { payload } = JSON.parse(String(event?.body)) as { payload: object };
    expect(Object.keys(payload)).toEqual(['x_bytes', 'x_sha256', 'y_bytes', 'y_sha256', 'z']);
    expect(writer.detached.map(({ member, text }) => [member, text.slice(0, 7)])).toEqual([
      ['x', '{"a":1,'],
      ['y', '[1,0]'],
    ]);
    expect(eventHash(event?.body ?? Buffer.alloc(0)).toString('hex')).toBe(hash);
  });

  it('keeps a body of just the largest size, and puts a digest in the place of bulky JSON above it', () => {
    const room = roomFor('x');
    const writer = new EventWriter(empty, NOW);
    writer.append(draft({ x: 'a'.repeat(room) }, ['x']));
    expect(writer.events[0]?.body).toHaveLength(BODY_BYTES_MAX);
    expect(writer.detached).toEqual([]);

    writer.append(draft({ x: 'a'.repeat(room + 100), y: 'stays' }, ['x']));
    const { payload } = JSON.parse(String(writer.events[1]?.body)) as { payload: Record<string, unknown> };
    expect(payload).toMatchObject({ x_bytes: room + 102, y: 'stays' });
    expect(payload['x_sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(writer.detached).toEqual([{ eventId: 2, member: 'x', text: `"${'a'.repeat(room + 100)}"`, salt: null }]);
  });

  it('puts a salted digest in the place of what is about a person, however small', () => {
    const salt = Buffer.alloc(32, 7);
    const writer = new EventWriter(empty, NOW, () => salt);
    writer.append({ ...draft({ x: { b: 1, a: 'Erika' }, y: 'stays' }, ['x']), personal: ['x', 'absent'] });
    const text = '{"a":"Erika","b":1}';
    expect(JSON.parse(String(writer.events[0]?.body))).toMatchObject({
      payload: { x_salted: createHash('sha256').update(salt).update(text).digest('hex'), y: 'stays' },
    });
    expect(String(writer.events[0]?.body)).not.toContain('Erika');
    expect(writer.detached).toEqual([{ eventId: 1, member: 'x', text, salt: salt.toString('hex') }]);
    const other = new EventWriter(empty, NOW);
    other.append({ ...draft({ x: { b: 1, a: 'Erika' } }), personal: ['x'] });
    expect(other.detached[0]?.salt).toMatch(/^[0-9a-f]{64}$/);
    expect(other.detached[0]?.salt).not.toBe(salt.toString('hex'));
  });

  it('refuses what stays too large, and is as before', () => {
    const writer = new EventWriter(empty, NOW);
    const before = writer.head;
    expect(() => writer.append(draft({ x: 'a'.repeat(BODY_BYTES_MAX) }))).toThrow(BodyTooLargeError);
    expect(() => writer.append(draft({ x: 'a', y: 'a'.repeat(BODY_BYTES_MAX) }, ['x']))).toThrow(BodyTooLargeError);
    expect(writer.head).toEqual(before);
    expect(writer.events).toEqual([]);
    expect(writer.detached).toEqual([]);
    expect(writer.append(draft({ x: 'a' })).id).toBe(1);
  });
});
