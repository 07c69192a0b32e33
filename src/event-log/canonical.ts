import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../platform/json.js';

/** Thrown for values that have no RFC 8785 form. */
export class NotCanonicalError extends Error {}

/**
 * The canonical JSON text of a value after RFC 8785 (JCS): no white space, members in the order of their UTF-16 code
 * units, numbers and strings as ECMAScript writes them. Members whose value is `undefined` are left out.
 * @throws NotCanonicalError for NaN, infinities, lone surrogates and anything that is not JSON
 */
export function canonicalJson(value: JsonValue): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonicalError(`${value} is not a JSON number`);
      return String(value === 0 ? 0 : value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
      throw new NotCanonicalError(`a ${typeof value} is not JSON`);
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  return canonicalObject(value as Record<string, JsonValue | undefined>);
}

/** Hex SHA-256 of a value's canonical text. @throws NotCanonicalError as `canonicalJson` does */
export function canonicalSha256(value: JsonValue): string {
  return hash('sha256', canonicalJson(value), 'hex');
}

/**
 * The canonical form of a string.
 * @throws NotCanonicalError when it holds a lone surrogate, which has no UTF-8 form
 */
export function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new NotCanonicalError('a lone surrogate has no UTF-8 form');
  return JSON.stringify(text);
}

/** A `\\u` escape of a surrogate half: the one thing that `JSON.stringify` writes and RFC 8785 does not have. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** Whether a text is the canonical one of the value that was read from it. */
export function isCanonicalText(text: string, value: JsonValue): boolean {
  try {
    // What the runtime writes is canonical where members stand in order; that is quicker to see than to write it again.
    if (JSON.stringify(value) === text && isInOrder(value) && !SURROGATE_ESCAPE.test(text)) return true;
    return canonicalJson(value) === text;
  } catch (error) {
    // A RangeError: nested deeper than the stack, as no event that we wrote.
    if (error instanceof NotCanonicalError || error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether the members of a value, and of all that is in it, stand in the order of RFC 8785. */
export function isInOrder(value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let last: string | null = null;
  for (const member of Object.keys(value)) {
    if (last !== null && last >= member) return false;
    last = member;
    const inner = (value as JsonObject)[member];
    if (typeof inner === 'object' && !isInOrder(inner)) return false;
  }
  return true;
}

function canonicalObject(value: Record<string, JsonValue | undefined>): string {
  let text = '';
  for (const member of Object.keys(value).sort()) {
    const inner = value[member];
    if (inner === undefined) continue;
    text += `${text === '' ? '' : ','}${canonicalString(member)}:${canonicalJson(inner)}`;
  }
  return `{${text}}`;
}
