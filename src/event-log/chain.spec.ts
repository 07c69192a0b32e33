import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../platform/json.js';
import { canonicalJson } from './canonical.js';
import { CompactRange, eventBody, eventHash } from './chain.js';

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162, section 2.1.1, word for word. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (!first) return sha256();
  if (leaves.length === 1) return first;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

const leaf = (n: number): Buffer => sha256(Buffer.from([0]), Buffer.from(`event ${n}`));

describe('the chain', () => {
  it('hashes a body as an RFC 9162 leaf', () => {
    expect(eventHash(Buffer.from('event 7'))).toEqual(leaf(7));
  });

  it('writes bodies whose members stand in canonical order', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((s) => s.isWellFormed());
    const parts = fc.record({
      id: fc.integer({ min: 1, max: 1e9 }),
      previousHash: fc.option(fc.constant('ab'.repeat(32))),
      actor: fc.record({ type: fc.constantFrom('user', 'agent', 'system'), id: word }),
      type: word,
      outcome: fc.constantFrom('succeeded', 'denied', 'failed'),
      subject: fc.option(fc.record({ type: word, id: word })),
      requestId: word,
      causedBy: fc.option(fc.integer({ min: 1 })),
      payload: fc.dictionary(word, fc.jsonValue()).map((v) => canonicalJson(v as JsonValue)),
    });
    fc.assert(
      fc.property(parts, (made) => {
        const body = eventBody({ ...made, occurredAt: '2026-01-01T00:00:00.000000Z', effects: '[]' });
        expect(canonicalJson(JSON.parse(body) as JsonValue)).toBe(body);
      }),
    );
  });
});

describe('the compact range', () => {
  it('has the root of the tree at every size, also after it was stored', () => {
    let range = CompactRange.empty();
    const leaves: Buffer[] = [];
    for (let size = 0; size <= 70; size += 1) {
      expect(range.root()).toEqual(treeHash(leaves));
      range = CompactRange.fromBytes(range.size, range.toBytes());
      leaves.push(leaf(size));
      range.append(leaf(size));
    }
  });

  it('does not take hashes that do not fit the size', () => {
    expect(() => CompactRange.fromBytes(3, Buffer.alloc(32))).toThrow(RangeError);
  });
});
