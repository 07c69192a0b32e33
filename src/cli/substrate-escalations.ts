import { z } from 'zod';
import { nanoOfNumber } from '../platform/decimal.js';
import type { JsonObject } from '../platform/json.js';
import { jsonAmount } from './exact-amount.js';
import { AuthorizationSchema, pageOf } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';

const EscalationSchema = z.object({
  id: z.string(),
  agent_id: z.string(),
  status: z.string(),
  action_type: z.string(),
  payload_sha256: z.string().nullable(),
  ceiling: z.array(z.object({ amount: z.number(), unit: z.string() })),
  reason: z.string(),
  obstacle: z.object({ code: z.string(), detail: z.string() }).nullable(),
  seconds_left: z.number().nullable(),
  event_id: z.number(),
  decided_event_id: z.number().nullable(),
});
/** What an agent asked people for. */
export type Escalation = z.infer<typeof EscalationSchema>;

const DetailSchema = EscalationSchema.extend({ payload: z.record(z.string(), z.unknown()).nullable() });
/** The same, with exactly what is to be done. */
export type EscalationDetail = z.infer<typeof DetailSchema>;

const PermittedSchema = AuthorizationSchema.extend({
  permit: z.string().nullable(),
  event: z.object({ id: z.number() }),
});
/** An action that was authorized, and its permit. */
export type PermittedAction = z.infer<typeof PermittedSchema>;

const FundedSchema = z.object({
  funded: z.array(z.object({ scope_id: z.string(), unit: z.string(), amount: z.number() })).nullable(),
});

/** An action beyond what its agent may do by itself, and what it may cost in nano-dollars. */
export interface BigWish {
  readonly actionType: string;
  readonly payload: JsonObject;
  readonly costNano: bigint;
}

/** An agent asks people for an action. */
export async function askPeople(
  client: SubstrateClient,
  as: Credential,
  wish: BigWish,
  reason: string,
): Promise<Escalation> {
  const body = { ...bodyOf(wish), reason };
  return (await client.request(EscalationSchema, { method: 'POST', path: '/escalations', as, body })).body;
}

/** What waits for a decision, each with its payload, the oldest first. */
export async function readInbox(client: SubstrateClient, as: Credential): Promise<EscalationDetail[]> {
  const path = '/escalations?status=pending';
  const { items } = (await client.request(pageOf(EscalationSchema), { method: 'GET', path, as })).body;
  const one = async ({ id }: Escalation): Promise<EscalationDetail> =>
    (await client.request(DetailSchema, { method: 'GET', path: `/escalations/${id}`, as })).body;
  return Promise.all(items.map(one));
}

/** An arbiter decides. */
export async function decide(
  client: SubstrateClient,
  as: Credential,
  id: string,
  verb: 'approve' | 'deny',
  reason: string,
): Promise<Escalation> {
  const path = `/escalations/${id}/${verb}`;
  return (await client.request(EscalationSchema, { method: 'POST', path, as, body: { reason } })).body;
}

/** An agent does what was approved. @throws SubstrateError where it may not */
export async function actOnApproval(
  client: SubstrateClient,
  as: Credential,
  wish: BigWish,
  escalationId: string,
): Promise<PermittedAction> {
  const body = { ...bodyOf(wish), escalation_id: escalationId };
  return (await client.request(PermittedSchema, { method: 'POST', path: '/actions', as, body })).body;
}

/** What the limits of an action were given for it, in all, in nano-dollars: where there was enough, nothing. */
export async function readFunding(client: SubstrateClient, as: Credential, actionId: string): Promise<bigint> {
  const { body } = await client.request(FundedSchema, { method: 'GET', path: `/actions/${actionId}`, as });
  return (body.funded ?? []).reduce((sum, { amount }) => sum + nanoOfNumber(amount), 0n);
}

function bodyOf({ actionType, payload, costNano }: BigWish) {
  return { action_type: actionType, payload, cost: { amount: jsonAmount(costNano), unit: 'usd' } };
}
