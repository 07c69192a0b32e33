import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { ProblemError } from '../errors/problem.js';
import { MayBeAbsent } from './may-be-absent.js';

/** Items of one page at most: an answer stays well under a megabyte. */
export const PAGE_SIZE_MAX = 200;
/** Items of one page when the caller does not say. */
export const PAGE_SIZE_DEFAULT = 50;
/** Characters of a cursor: our longest keys, a moment, a name and a unit, are below 320 bytes, in base64url. */
const CURSOR_MAX = 512;

/** What every list takes. */
export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: PAGE_SIZE_MAX, default: PAGE_SIZE_DEFAULT })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(PAGE_SIZE_MAX)
  limit: number = PAGE_SIZE_DEFAULT;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before' })
  @MayBeAbsent()
  @IsString()
  @Length(1, CURSOR_MAX)
  cursor?: string;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** Makes a page of rows that were read with one more than `limit`; `keyOf` names the key that the next page starts after. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  keyOf: (row: R) => string,
  toItem: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(toItem), next_cursor: more ? Buffer.from(keyOf(last)).toString('base64url') : null };
}

/**
 * The key that a cursor stands for, or null without a cursor.
 * @throws ProblemError 400 for anything that is no cursor of ours; `isKey` says what a key of this list looks like
 */
export function cursorKey(cursor: string | undefined, isKey: (key: string) => boolean): string | null {
  if (cursor === undefined) return null;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  // PostgreSQL has no text with a NUL.
  const isText = /^[A-Za-z0-9_-]+$/.test(cursor) && !key.includes('\u0000');
  if (isText && isKey(key)) return key;
  throw new ProblemError({
    status: 400,
    code: 'REQUEST.INVALID',
    detail: 'the cursor is not one that this list gave out',
    errors: [{ pointer: '?cursor', detail: 'take next_cursor from a page of the same list' }],
  });
}
