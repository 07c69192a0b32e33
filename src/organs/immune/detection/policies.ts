import type { Policy } from './policy.js';

/**
 * The policy of one detector that goes for an agent: that of the nearest scope, whatever its mode; of several in one scope
 * the first by id.
 * @param policies of one detector
 * @param scopes the agent's scope and those above it, upwards
 */
export function nearestPolicy<P extends Pick<Policy, 'id' | 'scope'>>(
  policies: readonly P[],
  scopes: readonly string[],
): P | null {
  for (const scope of scopes) {
    let nearest: P | null = null;
    for (const policy of policies) {
      if (policy.scope === scope && (nearest === null || policy.id < nearest.id)) nearest = policy;
    }
    if (nearest) return nearest;
  }
  return null;
}
