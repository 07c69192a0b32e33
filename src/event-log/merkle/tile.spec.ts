import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { indexPath, parseIndexPath, tileOf, tilePath, TILE_WIDTH } from './tile.js';

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 67, width: 256 }, 'tile/1/067'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 2, index: 999, width: 3 }, 'tile/2/999.p/3'],
    [{ level: 0, index: 1_000, width: 255 }, 'tile/0/x001/000.p/255'],
  ])('of %j is %s, as C2SP tlog-tiles writes it', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseIndexPath(path.slice('tile/0/'.length))).toEqual({ index: tile.index, width: tile.width });
  });

  it('is read back, whatever the index', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: TILE_WIDTH }), (index, width) => {
        const path = `${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
        expect(parseIndexPath(path)).toEqual({ index, width });
      }),
    );
  });

  it.each([
    '',
    '0',
    '00',
    '0000',
    'x000/001',
    '1',
    '001/002',
    'x01/002',
    '000.p/0',
    '000.p/256',
    '000.p/01',
    '000/',
    '-01',
  ])('is never %p', (path) => {
    expect(parseIndexPath(path)).toBeNull();
  });
});

describe('a subtree', () => {
  it.each([
    [
      { height: 0, index: 0 },
      { level: 0, index: 0, from: 0, count: 1 },
    ],
    [
      { height: 0, index: 300 },
      { level: 0, index: 1, from: 44, count: 1 },
    ],
    [
      { height: 7, index: 3 },
      { level: 0, index: 1, from: 128, count: 128 },
    ],
    [
      { height: 8, index: 257 },
      { level: 1, index: 1, from: 1, count: 1 },
    ],
    [
      { height: 17, index: 5 },
      { level: 2, index: 0, from: 10, count: 2 },
    ],
  ])('%j is made of the hashes %j', (subtree, place) => {
    expect(tileOf(subtree)).toEqual(place);
  });
});
