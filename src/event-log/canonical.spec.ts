import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import type { JsonValue } from '../platform/json.js';
import { canonicalJson, NotCanonicalError } from './canonical.js';

// The package's types promise a namespace, its module is the function.
const reference = canonicalize as unknown as (value: unknown) => string | undefined;

describe('canonical JSON', () => {
  it('orders members by UTF-16 code units and writes numbers and strings as ECMAScript does', () => {
    const value = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
      '\u0080': 6,
      numbers: [1e21, 0.000001, 1e-7, -0, 333333333.3333333],
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"1":4,"numbers":[1e+21,0.000001,1e-7,0,333333333.3333333],"\u0080":6,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  it('leaves out members that are undefined', () => {
    expect(canonicalJson({ b: undefined, a: null })).toBe('{"a":null}');
  });

  it('agrees with another implementation of RFC 8785', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(value as JsonValue)).toBe(reference(value));
      }),
    );
  });

  it.each([NaN, Infinity, '\ud800', { '\udfff': 1 }, [undefined], 1n])('refuses %p', (value) => {
    expect(() => canonicalJson(value as JsonValue)).toThrow(NotCanonicalError);
  });
});
