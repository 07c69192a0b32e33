import type { JsonObject, JsonValue } from '../../../platform/json.js';
import { asObject } from './saved-state.js';

/** How grave an observation is, by its sensor's word, in rising order. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Numeric members of one observation that are watched. */
export const MEMBERS_MAX = 32;
/** Series of one agent: with some 4 KB of memory each, a quarter of a megabyte. */
export const SERIES_MAX = 64;
/** Names of a path. */
const DEPTH_MAX = 4;
/** Characters of a path. */
const PATH_MAX = 128;
/** Bytes of an observation's JSON that is watched: with what else stands in it, an event of so much data always has them in its body. */
const DATA_BYTES_MAX = 32_768;
/** Names that paths are made of: printable ASCII; without dots, quotation marks and backslashes a path says what it names. */
const NAME = /^[\x20-\x7e]+$/;
const UNFIT = /[."\\]/;

/** Numbers of an observation. */
export interface NumericMembers {
  /** Paths of those that may be watched, in canonical order. */
  readonly paths: readonly string[];
  /** How many others there are. */
  readonly others: number;
}

/** The numeric members of an observation's data: numbers in objects, not those in lists. */
export function numericMembers(data: JsonObject): NumericMembers {
  const isTooLarge = Buffer.byteLength(JSON.stringify(data)) > DATA_BYTES_MAX;
  const paths: string[] = [];
  let others = 0;
  const walk = (value: JsonValue | undefined, names: readonly string[]): void => {
    if (typeof value === 'number') {
      const path = isTooLarge || paths.length >= MEMBERS_MAX ? null : pathOf(names);
      if (path === null) others += 1;
      else paths.push(path);
      return;
    }
    const object = asObject(value);
    // Canonical order is that of UTF-16 code units (RFC 8785), as `sort` has it.
    for (const name of Object.keys(object ?? {}).toSorted()) walk(object?.[name], [...names, name]);
  };
  walk(data, []);
  return { paths, others };
}

/** The number at a path, or null. */
export function numberAt(data: JsonObject, path: string): number | null {
  let value: JsonValue | undefined = data;
  for (const name of path.split('.')) {
    const object: JsonObject | null = asObject(value);
    value = object !== null && Object.hasOwn(object, name) ? object[name] : undefined;
  }
  return typeof value === 'number' ? value : null;
}

function pathOf(names: readonly string[]): string | null {
  if (names.length > DEPTH_MAX || !names.every((name) => NAME.test(name) && !UNFIT.test(name))) return null;
  const path = names.join('.');
  return path.length > PATH_MAX ? null : path;
}
