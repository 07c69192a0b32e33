import { createHash } from 'node:crypto';
import { decimalOfNano } from '../../platform/decimal.js';
import { agentExists, allocateBudget, issueKey, keyWorks, registerAgent } from '../substrate-agents.js';
import type { Credential, SubstrateClient } from '../substrate-client.js';
import { AgentKey } from '../substrate-credentials.js';
import type { KeyFile } from './key-file.js';
import type { ReplayOptions } from './options.js';
import type { Trace } from './trace-reader.js';

/** An agent that is ready to act for one user of the trace. */
export interface ReadyAgent {
  readonly agentId: string;
  readonly key: Credential;
}

/** Characters of the file's hash in idempotency keys: 128 bits. */
const HASH_CHARS = 32;

/** The part of every idempotency key that names the file and the run, so that other files and runs do not meet it. */
export function runKey(trace: Pick<Trace, 'sha256'>, run: string): string {
  const name = run === '' ? '' : `:${run}`;
  return `replay:${trace.sha256.slice(0, HASH_CHARS)}${name}`;
}

/** Registers the agent of a user, or takes up its known key, and opens its budget once for this file and run. */
export async function readyAgent(
  client: SubstrateClient,
  operator: Credential,
  keys: KeyFile,
  options: ReplayOptions,
  trace: Trace,
  user: string,
): Promise<ReadyAgent> {
  const agentId = `${options.prefix ?? trace.format.agentPrefix}${user}`;
  const key = await obtainKey(client, operator, keys, agentId, trace.format.name);
  const { windowHours } = options;
  const totalNano = options.budgetNano ?? trace.format.budgetNano;
  const asked = `${decimalOfNano(totalNano)}:${windowHours}`;
  const idempotencyKey = `${runKey(trace, options.run)}:budget:${shortHash(`${agentId}:${asked}`)}`;
  const budget = { agentId, totalNano, windowHours, unit: trace.format.unit };
  await allocateBudget(client, operator, budget, idempotencyKey);
  return { agentId, key: new AgentKey(key) };
}

async function obtainKey(
  client: SubstrateClient,
  operator: Credential,
  keys: KeyFile,
  agentId: string,
  traceName: string,
): Promise<string> {
  const known = keys.agentKey(agentId);
  if (known !== null && (await keyWorks(client, agentId, known))) return known;
  const key = (await agentExists(client, operator, agentId))
    ? await issueKey(client, operator, agentId)
    : await registerAgent(client, operator, {
        agent_id: agentId,
        type: 'task',
        description: `Replays one user of the ${traceName} trace`,
      });
  await keys.keepAgentKey(agentId, key);
  return key;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);
}
