import { describe, expect, it } from '@jest/globals';
import { BODY_BYTES_MAX } from './chain.js';
import { BodyTooLargeError, EventWriter } from './event-writer.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const empty = { id: 0, hash: null, range: Buffer.alloc(0) };
const draft = (payload: Record<string, string>, bulky: string[] = []) => ({
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
    const next = new EventWriter(writer.head, NOW);
    expect(next.nextId).toBe(3);
  });

  it('keeps a body of just the largest size, and puts a digest in the place of bulky JSON one byte above', () => {
    const room = roomFor('x');
    const writer = new EventWriter(empty, NOW);
    writer.append(draft({ x: 'a'.repeat(room) }, ['x']));
    expect(writer.events[0]?.body).toHaveLength(BODY_BYTES_MAX);
    expect(writer.detached).toEqual([]);

    writer.append(draft({ x: 'a'.repeat(room + 100), y: 'stays' }, ['x']));
    const { payload } = JSON.parse(String(writer.events[1]?.body)) as { payload: Record<string, unknown> };
    expect(payload).toMatchObject({ x_bytes: room + 102, y: 'stays' });
    expect(payload['x_sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(writer.detached).toEqual([{ eventId: 2, member: 'x', text: `"${'a'.repeat(room + 100)}"` }]);
  });

  it('refuses what stays too large, and is as before', () => {
    const writer = new EventWriter(empty, NOW);
    const before = writer.head;
    expect(() => writer.append(draft({ x: 'a'.repeat(BODY_BYTES_MAX) }))).toThrow(BodyTooLargeError);
    expect(writer.head).toEqual(before);
    expect(writer.events).toEqual([]);
  });
});
