import type { JsonObject } from '../../../platform/json.js';
import { ANSWERS, DETECTORS, MODES, type Policy } from './policy.js';
import { savedText } from './saved-state.js';

/** A row of `immune_policy` as a policy; null where it is none that this version knows. */
export function policyOf(row: JsonObject): Policy | null {
  const id = savedText(row, 'id');
  const scope = savedText(row, 'scope');
  const detector = DETECTORS.find((each) => each === row['detector']);
  const answer = ANSWERS.find((each) => each === row['answer']);
  const mode = MODES.find((each) => each === row['mode']);
  const { threshold, window_seconds: window, cool_down_seconds: coolDown, version } = row;
  if (id === null || scope === null || !detector || !answer || !mode) return null;
  if (typeof threshold !== 'number' || typeof window !== 'number') return null;
  if (typeof coolDown !== 'number' || typeof version !== 'number') return null;
  return {
    id,
    detector,
    threshold,
    window_seconds: window,
    scope,
    answer,
    mode,
    cool_down_seconds: coolDown,
    version,
  };
}
