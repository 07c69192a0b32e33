import type { JsonObject, JsonValue } from '../../../platform/json.js';

/** A number that was saved; 0 where there is none. */
export function savedNumber(saved: JsonObject | null, member: string): number {
  const value = saved?.[member];
  return typeof value === 'number' ? value : 0;
}

/** A text that was saved, or null. */
export function savedText(saved: JsonObject | null, member: string): string | null {
  const value = saved?.[member];
  return typeof value === 'string' ? value : null;
}

/** The numbers that were saved. */
export function savedNumbers(saved: JsonObject | null, member: string): number[] {
  return saved === null ? [] : savedList(saved, member).filter((item) => typeof item === 'number');
}

/** The texts that were saved. */
export function savedTexts(saved: JsonObject | null, member: string): string[] {
  return saved === null ? [] : savedList(saved, member).filter((item) => typeof item === 'string');
}

/** The list that was saved. */
export function savedList(saved: JsonObject | null, member: string): readonly JsonValue[] {
  const value = saved?.[member];
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

/** The object that was saved, or null. */
export function savedObject(saved: JsonObject | null, member: string): JsonObject | null {
  return asObject(saved?.[member]);
}

/** The value where it is an object, or null. */
export function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}
