import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../../platform/json.js';
import { MEMBERS_MAX, numberAt, numericMembers } from './observed-values.js';

const nested = (depth: number): JsonObject => (depth === 1 ? { n: 1 } : { n: nested(depth - 1) });

describe('numericMembers', () => {
  it('are numbers in objects, in canonical order of their names', () => {
    const data = { b: 1, a: { z: 2, B: -0.5 }, '10': 3, '9': 4, A: [5, { x: 6 }], s: '7', t: true, u: null };
    expect(numericMembers(data)).toEqual({ paths: ['10', '9', 'a.B', 'a.z', 'b'], others: 0 });
  });

  it('go four names deep', () => {
    expect(numericMembers(nested(4))).toEqual({ paths: ['n.n.n.n'], others: 0 });
    expect(numericMembers(nested(5))).toEqual({ paths: [], others: 1 });
  });

  it('have names that a path can say', () => {
    const data = { 'a b': 1, 'a.b': 1, 'a"': 1, 'a\\': 1, 'a\n': 1, é: 1, '': 1, toString: 1 };
    expect(numericMembers(data)).toEqual({ paths: ['a b', 'toString'], others: 6 });
    expect(numericMembers({ ['x'.repeat(128)]: 1, ['x'.repeat(129)]: 1 })).toMatchObject({ others: 1 });
  });

  it('are watched up to a number, and not at all in large data', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`m${i}`, i]));
    const { paths, others } = numericMembers(many);
    expect([paths.length, others]).toEqual([MEMBERS_MAX, 40 - MEMBERS_MAX]);
    expect(numericMembers({ ...many, text: 'é'.repeat(17_000) })).toEqual({ paths: [], others: 40 });
  });

  it('are found at their paths, whatever the data', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const data = JSON.parse(JSON.stringify(value)) as JsonObject;
        const { paths } = numericMembers(data);
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths) expect(typeof numberAt(data, path)).toBe('number');
      }),
    );
    expect([numberAt({ a: 1 }, 'b'), numberAt({ a: { b: '1' } }, 'a.b'), numberAt({}, 'toString.length')]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
