import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { depthOf, unstorable } from './body.js';

const depthOfValue = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOfValue)) : 0;

describe('what is looked for in a body', () => {
  it('finds the nesting on the text, whatever stands in its strings', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(depthOf(Buffer.from(JSON.stringify(value)))).toBe(depthOfValue(value));
      }),
    );
    expect(depthOf(Buffer.from('{"a\\"[[[":"]}\\\\"}'))).toBe(1);
    expect(depthOf(Buffer.from('['.repeat(5000)))).toBe(5000);
  });

  it.each([
    ['{"a":[{"b":"x\\u0000"}]}', '/a/0/b'],
    ['{"a":"\\ud800"}', '/a'],
    ['{"a\\udc00":1}', '/a\ufffd'],
    ['{"x":{"__proto__":{"admin":true}}}', '/x/__proto__'],
    ['{"x":[{"constructor":1}]}', '/x/0/constructor'],
    ['{"a/b":1e309}', '/a~1b'],
  ])('names what no log can hold in %s', (text, pointer) => {
    expect(unstorable(JSON.parse(text), '')).toMatchObject({ pointer });
  });

  it('is quiet about everything else', () => {
    expect(unstorable(JSON.parse('{"a":[1,null,"\\u0001\\ud83d\\ude00",{"prototype":1}]}'), '')).toBeNull();
  });
});
