import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { ProblemError } from '../errors/problem.js';
import { cursorKey, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PageQuery, pageOf } from './paging.js';

const rows = (count: number): string[] => Array.from({ length: count }, (_, i) => `row ${i}`);
const page = (count: number, limit: number) =>
  pageOf(
    rows(count),
    limit,
    (row) => row,
    (row) => row.toUpperCase(),
  );
const anyKey = (): boolean => true;
const cursorOf = (key: string): string => Buffer.from(key).toString('base64url');

describe('a page', () => {
  it.each([
    [0, 2, 0, null],
    [1, 2, 1, null],
    [2, 2, 2, null],
    [3, 2, 2, 'row 1'],
    [2, 1, 1, 'row 0'],
  ])('of %p rows read for a limit of %p shows %p and goes on after %p', (count, limit, shown, after) => {
    const { items, next_cursor: cursor } = page(count, limit);
    expect(items).toEqual(rows(shown).map((row) => row.toUpperCase()));
    expect(cursorKey(cursor ?? undefined, anyKey)).toBe(after);
  });
});

describe('a cursor', () => {
  it('stands for any key a list may have', () => {
    const keys = fc.string({ unit: 'grapheme', minLength: 1 }).filter((key) => !key.includes('\u0000'));
    fc.assert(
      fc.property(keys, (key) => {
        expect(cursorKey(cursorOf(key.toWellFormed()), anyKey)).toBe(key.toWellFormed());
      }),
    );
  });

  it.each([
    ['with characters of another alphabet', 'YWJj*', anyKey],
    ['in base64 with padding', 'YQ==', anyKey],
    ['that is empty', '', anyKey],
    ['that is no key of this list', cursorOf('a'), () => false],
    ['with a NUL, which PostgreSQL has no text for', cursorOf('a\u0000b'), anyKey],
  ])('%s is a 400', (_, cursor, isKey) => {
    expect(() => cursorKey(cursor, isKey)).toThrow(ProblemError);
    expect(() => cursorKey(cursor, isKey)).toThrow('not one that this list gave out');
  });
});

describe('the query of a list', () => {
  const faults = (query: object): string[] =>
    validateSync(plainToInstance(PageQuery, query)).map((error) => error.property);

  it('has a limit when the caller gives none', () => {
    expect(plainToInstance(PageQuery, {})).toEqual({ limit: PAGE_SIZE_DEFAULT });
  });

  it.each([
    [{}, []],
    [{ limit: '1', cursor: 'x' }, []],
    [{ limit: String(PAGE_SIZE_MAX) }, []],
    [{ limit: '0' }, ['limit']],
    [{ limit: String(PAGE_SIZE_MAX + 1) }, ['limit']],
    [{ limit: '1.5' }, ['limit']],
    [{ limit: '' }, ['limit']],
    [{ limit: 'x' }, ['limit']],
    [{ limit: ['1', '2'] }, ['limit']],
    [{ cursor: '' }, ['cursor']],
    [{ cursor: ['x', 'y'] }, ['cursor']],
    [{ cursor: 'x'.repeat(513) }, ['cursor']],
  ])('%j has faults in %j', (query, members) => {
    expect(faults(query)).toEqual(members);
  });
});
