import { canonicalSha256 } from '../../../event-log/canonical.js';
import type { JsonObject } from '../../../platform/json.js';
import { plusSeconds, unixSeconds, type Timestamp } from '../../../platform/time.js';

/** What a permit is for: an action that was authorized, as the log has it. */
export interface PermittedAction {
  readonly actionId: string;
  readonly agentId: string;
  readonly actionType: string;
  /** Hex SHA-256 of the payload's RFC 8785 form; null where the action has none. */
  readonly payloadSha256: string | null;
  /** The authorization in the log. */
  readonly event: { readonly id: number; readonly hash: string };
}

/** How long a permit holds. */
export interface Lease {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** The claims of a permit (RFC 7519). Moments are cut to the second, so that it never outlives its lease. */
export function permitClaims(issuer: string, action: PermittedAction, lease: Lease): JsonObject {
  return {
    iss: issuer,
    sub: action.agentId,
    action_id: action.actionId,
    action_type: action.actionType,
    payload_sha256: action.payloadSha256,
    event_id: action.event.id,
    event_hash: action.event.hash,
    iat: unixSeconds(lease.from),
    exp: unixSeconds(lease.to),
  };
}

/** Hex SHA-256 of a payload's RFC 8785 form; null for none. */
export function payloadDigest(payload: JsonObject | undefined): string | null {
  return payload === undefined ? null : canonicalSha256(payload);
}

/** When a lease from this moment ends: after so many seconds, and never later than the hold. */
export function leaseEnd(from: Timestamp, leaseSeconds: number, holdExpiresAt: Timestamp): Timestamp {
  const end = plusSeconds(from, leaseSeconds);
  return end < holdExpiresAt ? end : holdExpiresAt;
}
