import { z } from 'zod';
import { DecidedSchema, pageOf } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';

const FindingSchema = z.object({
  id: z.string(),
  detector: z.string(),
  answer: z.string(),
  metric: z.string(),
  expected: z.number().nullable(),
  observed: z.number(),
  window_start: z.string(),
  window_end: z.string(),
  evidence: z.array(z.number()),
  reason: z.string(),
  event_id: z.number(),
});
/** What a detector found about an agent. */
export type Finding = z.infer<typeof FindingSchema>;

const StandingSchema = z.object({
  is_quarantined: z.boolean(),
  probation: z.object({ until: z.string(), share: z.number() }).nullable(),
  quarantine: z.object({ finding_id: z.string().nullable(), reason: z.string(), event_id: z.number() }).nullable(),
  findings: z.array(FindingSchema),
});
/** How an agent stands with the immune system, and why. */
export type Standing = z.infer<typeof StandingSchema>;

const PolicySchema = z.object({
  id: z.string(),
  detector: z.string(),
  threshold: z.number(),
  window_seconds: z.number(),
  scope: z.string(),
  answer: z.string(),
  mode: z.string(),
  cool_down_seconds: z.number(),
  version: z.number(),
});
/** An immune policy. */
export type ImmunePolicy = z.infer<typeof PolicySchema>;

const BacktestSchema = z.object({
  events: z.number(),
  isolations: z.array(
    z.object({
      agent_id: z.string(),
      policy_id: z.string(),
      reason: z.string(),
      prevented_actions: z.number(),
      recorded_event_id: z.number().nullable(),
    }),
  ),
});
/** Whom policies would have isolated. */
export type BacktestResult = z.infer<typeof BacktestSchema>;

const ReleasedSchema = z.object({ probation: z.object({ until: z.string(), share: z.number() }).nullable() });

/** Whether an agent is isolated or on probation, and what was found about it, the latest first. */
export async function readStanding(client: SubstrateClient, as: Credential, agentId: string): Promise<Standing> {
  const path = `/immune/status/${encodeURIComponent(agentId)}`;
  return (await client.request(StandingSchema, { method: 'GET', path, as })).body;
}

/** The policies in force. */
export async function readPolicies(client: SubstrateClient, as: Credential): Promise<ImmunePolicy[]> {
  return (await client.request(pageOf(PolicySchema), { method: 'GET', path: '/immune/policies', as })).body.items;
}

/** Tries policies on the log, in the place of its own. */
export async function backtest(
  client: SubstrateClient,
  as: Credential,
  policies: readonly ImmunePolicy[],
): Promise<BacktestResult> {
  const body = { policies: policies.map(({ version: _version, ...policy }) => policy) };
  return (await client.request(BacktestSchema, { method: 'POST', path: '/immune/policies/backtest', as, body })).body;
}

/** Changes a policy, where nobody else has changed it since it was read. */
export async function setPolicy(
  client: SubstrateClient,
  as: Credential,
  { id, version, ...rule }: ImmunePolicy,
): Promise<ImmunePolicy> {
  const body = { ...rule, expected_version: version };
  return (await client.request(PolicySchema, { method: 'PUT', path: `/immune/policies/${id}`, as, body })).body;
}

/** Lets an agent out of quarantine on probation; answers until when. */
export async function releaseOnProbation(
  client: SubstrateClient,
  as: Credential,
  agentId: string,
  reason: string,
  terms: { readonly share: number; readonly seconds: number },
): Promise<string> {
  const body = { agent_id: agentId, reason, probation: terms };
  const answer = await client.request(ReleasedSchema, { method: 'POST', path: '/immune/release', as, body });
  return answer.body.probation?.until ?? '';
}

const OrderSchema = z.object({ id: z.string(), actions: z.array(z.string()), confirm_by: z.string() });
/** An order to stop. */
export type StopOrder = z.infer<typeof OrderSchema>;

const ConfirmedSchema = DecidedSchema.extend({ status: z.string() });
const HeartbeatSchema = z.object({ leases: z.array(z.object({ action_id: z.string() })) });

/** The orders to stop that an agent has not confirmed. */
export async function readOrders(client: SubstrateClient, as: Credential, agentId: string): Promise<StopOrder[]> {
  const path = `/agents/${encodeURIComponent(agentId)}/orders`;
  return (await client.request(z.object({ items: z.array(OrderSchema) }), { method: 'GET', path, as })).body.items;
}

/** An agent says that it has stopped; answers what the order is then. */
export async function confirmOrder(
  client: SubstrateClient,
  as: Credential,
  agentId: string,
  orderId: string,
): Promise<string> {
  const path = `/agents/${encodeURIComponent(agentId)}/orders/${orderId}/confirm`;
  return (await client.request(ConfirmedSchema, { method: 'POST', path, as })).body.status;
}

/** An agent says that it lives; answers how many permits were renewed. */
export async function heartbeat(client: SubstrateClient, as: Credential, agentId: string): Promise<number> {
  const path = `/agents/${encodeURIComponent(agentId)}/heartbeat`;
  return (await client.request(HeartbeatSchema, { method: 'POST', path, as })).body.leases.length;
}
