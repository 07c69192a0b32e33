import { type Verification, VerificationSchema } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';
import { SubstrateError } from './substrate-error.js';

/** A server verifies some 50,000 events a second; this allows for thirty million. */
const VERIFY_TIMEOUT_MS = 600_000;

/**
 * Has the server verify its whole log, in as many ranges as it needs, up to the head of the first answer.
 * The result counts all ranges together and stops at the first break.
 */
export async function verifyLog(client: SubstrateClient, as: Credential): Promise<Verification> {
  const first = await verifyFrom(client, as, 1);
  let checked = first.events_checked;
  let durationMs = first.duration_ms;
  let last = first;
  while (last.valid && checked < first.head.id) {
    last = await verifyFrom(client, as, checked + 1);
    if (last.events_checked === 0) {
      throw new SubstrateError(200, 'CLIENT.VERIFICATION_STUCK', `the server checks nothing beyond event ${checked}`);
    }
    checked += last.events_checked;
    durationMs += last.duration_ms;
  }
  return { ...last, head: first.head, events_checked: checked, duration_ms: durationMs };
}

async function verifyFrom(client: SubstrateClient, as: Credential, fromId: number): Promise<Verification> {
  const path = fromId === 1 ? '/audit/verify' : `/audit/verify?from_id=${fromId}`;
  const call = { method: 'GET', path, as, timeoutMs: VERIFY_TIMEOUT_MS } as const;
  return (await client.request(VerificationSchema, call)).body;
}

/** The log's public key as a `vkey`, or null when this caller may not read it. */
export async function readLogKey(client: SubstrateClient, as?: Credential): Promise<string | null> {
  try {
    const text = await client.requestText({ method: 'GET', path: '/audit/key', ...(as === undefined ? {} : { as }) });
    return text.trim();
  } catch (error) {
    if (error instanceof SubstrateError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}
