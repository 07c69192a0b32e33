import { jsonAmount } from './exact-amount.js';
import { AgentSchema, AllocationSchema, type Budget, BudgetSchema, IssuedKeySchema } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';
import { AgentKey } from './substrate-credentials.js';
import { SubstrateError } from './substrate-error.js';

/** Tries to be given a key; a second is needed only when the answer that carried the first was lost. */
const KEY_TRIES_MAX = 3;

export interface NewAgent {
  agent_id: string;
  type: 'sensor' | 'task' | 'reflex';
  description?: string;
  /** Action types it may do; absent: any. */
  capabilities?: readonly string[];
}

/** True when an agent of that id is registered. */
export async function agentExists(client: SubstrateClient, as: Credential, agentId: string): Promise<boolean> {
  try {
    await client.request(AgentSchema, { method: 'GET', path: `/agents/${encodeURIComponent(agentId)}`, as });
    return true;
  } catch (error) {
    if (error instanceof SubstrateError && error.status === 404) return false;
    throw error;
  }
}

/** Registers an agent and gives its key. */
export async function registerAgent(client: SubstrateClient, as: Credential, agent: NewAgent): Promise<string> {
  const { body } = await client.request(IssuedKeySchema, { method: 'POST', path: '/agents', as, body: agent });
  return body.api_key ?? issueKey(client, as, agent.agent_id);
}

/** Gives a registered agent a new key; its older one ends at once. */
export async function issueKey(client: SubstrateClient, as: Credential, agentId: string): Promise<string> {
  const path = `/agents/${encodeURIComponent(agentId)}/keys`;
  for (let attempt = 0; attempt < KEY_TRIES_MAX; attempt++) {
    const { body } = await client.request(IssuedKeySchema, { method: 'POST', path, as, body: {} });
    if (body.api_key !== null) return body.api_key;
  }
  throw new SubstrateError(200, 'CLIENT.SECRET_LOST', `no answer with a key for ${agentId} arrived: run again`);
}

/** True when the substrate knows the key, whatever the standing of its agent: an agent may read its own budget. */
export async function keyWorks(client: SubstrateClient, agentId: string, key: string): Promise<boolean> {
  try {
    await readBudget(client, new AgentKey(key), agentId);
    return true;
  } catch (error) {
    if (error instanceof SubstrateError && error.status === 401) return false;
    if (error instanceof SubstrateError && error.status === 403) return true;
    throw error;
  }
}

export async function readBudget(
  client: SubstrateClient,
  as: Credential,
  agentId: string,
  unit = 'usd',
): Promise<Budget> {
  const path = `/metabolism/budget/${encodeURIComponent(agentId)}?unit=${unit}`;
  return (await client.request(BudgetSchema, { method: 'GET', path, as })).body;
}

/** Opens a budget window for an agent; true when an earlier allocation with the same key was answered instead. */
export async function allocateBudget(
  client: SubstrateClient,
  as: Credential,
  budget: { agentId: string; totalNano: bigint; windowHours: number; unit: string },
  idempotencyKey?: string,
): Promise<boolean> {
  const { replayed } = await client.request(AllocationSchema, {
    method: 'POST',
    path: '/metabolism/allocate',
    as,
    body: {
      agent_id: budget.agentId,
      total_budget: jsonAmount(budget.totalNano),
      window_hours: budget.windowHours,
      unit: budget.unit,
    },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return replayed;
}
