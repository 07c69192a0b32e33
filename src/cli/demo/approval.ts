import { z } from 'zod';
import { canonicalSha256 } from '../../event-log/canonical.js';
import { decimalOfNano } from '../../platform/decimal.js';
import { CliError, EXIT } from '../cli-error.js';
import { jsonAmount } from '../exact-amount.js';
import { DecidedSchema } from '../substrate-answers.js';
import type { AgentKey } from '../substrate-credentials.js';
import { SubstrateError } from '../substrate-error.js';
import { actOnApproval, type BigWish, type PermittedAction, readFunding } from '../substrate-escalations.js';
import { PAYER } from './fleet-roster.js';
import type { Scene } from './scene.js';
import type { Performance } from './show.js';

/** The claims of a permit that the demo looks at; a tool server checks the signature first. */
const ClaimsSchema = z.object({ action_id: z.string(), payload_sha256: z.string().nullable(), event_id: z.number() });

/** What was done on an approval. */
export interface ApprovedAction {
  readonly action: {
    readonly id: string;
    /** The event of its authorization. */
    readonly eventId: number;
    /** What its budget lacked and was given for it: an exact decimal in US dollars. */
    readonly funded: string;
    /** What it came to: an exact decimal in US dollars. */
    readonly cost: string;
  };
  /** Code of the refusal when the approval was used again. */
  readonly refusal: string;
}

/**
 * The agent does what was approved, once; a second time it is refused.
 * @throws CliError when it is not
 */
export async function useApproval(
  scene: Scene,
  as: AgentKey,
  own: Performance,
  wish: BigWish,
  escalationId: string,
): Promise<ApprovedAction> {
  const { actionType, costNano } = wish;
  const granted = await actOnApproval(scene.client, as, wish, escalationId);
  own.authorized++;
  checkPermit(granted, wish);
  const { action_id: id, event } = granted;
  scene.tell(PAYER, `may ${actionType} once: the permit names this payload and event ${event.id}`);
  const funded = decimalOfNano(await readFunding(scene.client, as, id));
  scene.tell('', `its budget lacked ${funded} usd for it, and was given exactly these`);
  const body = { status: 'success', cost: { amount: jsonAmount(costNano) } };
  await scene.client.request(DecidedSchema, { method: 'POST', path: `/actions/${id}/complete`, as, body });
  own.settled++;
  const cost = decimalOfNano(costNano);
  scene.tell(PAYER, `is done with ${actionType}: cost ${cost} usd`);
  const refusal = await refusalOf(scene, as, wish, escalationId);
  own.refused++;
  scene.warn(PAYER, `tries it once more, and is refused: ${refusal}`);
  return { action: { id, eventId: event.id, funded, cost }, refusal };
}

async function refusalOf(scene: Scene, as: AgentKey, wish: BigWish, escalationId: string): Promise<string> {
  try {
    await actOnApproval(scene.client, as, wish, escalationId);
  } catch (error) {
    if (error instanceof SubstrateError && error.status === 409) return error.code;
    throw error;
  }
  throw new CliError('an approval was used twice', EXIT.failed);
}

function checkPermit({ action_id: id, permit, event }: PermittedAction, { payload }: BigWish): void {
  const [, claims = ''] = permit?.split('.') ?? [];
  const said = ClaimsSchema.safeParse(JSON.parse(Buffer.from(claims, 'base64url').toString() || 'null'));
  const holds =
    said.success &&
    said.data.action_id === id &&
    said.data.payload_sha256 === canonicalSha256(payload) &&
    said.data.event_id === event.id;
  if (!holds) throw new CliError('the permit is not for what was approved', EXIT.failed);
}
