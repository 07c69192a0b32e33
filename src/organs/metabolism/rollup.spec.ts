import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GRAINS, piecesOf } from './rollup.js';

const at = (text: string): string => `2026-01-${text.replace(' ', 'T')}.000000Z`;

describe('the pieces of a span', () => {
  it('are the coarsest buckets in its middle, and finer ones towards its ends', () => {
    expect(piecesOf(at('01 22:58:30'), at('03 01:01:00'), 'day')).toEqual([
      { grain: 'rows', from: at('01 22:58:30'), to: at('01 22:59:00') },
      { grain: 'minute', from: at('01 22:59:00'), to: at('01 23:00:00') },
      { grain: 'hour', from: at('01 23:00:00'), to: at('02 00:00:00') },
      { grain: 'day', from: at('02 00:00:00'), to: at('03 00:00:00') },
      { grain: 'hour', from: at('03 00:00:00'), to: at('03 01:00:00') },
      { grain: 'minute', from: at('03 01:00:00'), to: at('03 01:01:00') },
    ]);
  });

  it('of all time are buckets of one grain', () => {
    expect(piecesOf(null, null, 'hour')).toEqual([{ grain: 'hour', from: null, to: null }]);
    expect(piecesOf(null, at('01 00:30:00'), 'day')).toEqual([
      { grain: 'day', from: null, to: at('01 00:00:00') },
      { grain: 'minute', from: at('01 00:00:00'), to: at('01 00:30:00') },
    ]);
  });

  it('follow one another without a gap, whole buckets each', () => {
    const moment = fc.integer({ min: 0, max: 90 * 3_600 * 4 }).map((quarters) => {
      const text = new Date(Date.UTC(2026, 0, 1) + quarters * 250).toISOString();
      return `${text.slice(0, 23)}000Z`;
    });
    fc.assert(
      fc.property(moment, moment, fc.constantFrom(...GRAINS), (one, other, coarsest) => {
        const [from, to] = one < other ? [one, other] : [other, one];
        const pieces = piecesOf(from, to, coarsest);
        expect(pieces[0]?.from ?? to).toBe(from);
        expect(pieces.at(-1)?.to ?? from).toBe(to);
        pieces.forEach((piece, i) => {
          if (i > 0) expect(piece.from).toBe(pieces[i - 1]?.to);
          const cut = { rows: 27, minute: 16, hour: 13, day: 10 }[piece.grain];
          const zeros = '0000-00-00T00:00:00.000000Z'.slice(cut);
          for (const end of [piece.from, piece.to]) expect(end?.slice(cut)).toBe(zeros);
          expect((piece.from ?? '') < (piece.to ?? '')).toBe(true);
        });
      }),
    );
  });
});
