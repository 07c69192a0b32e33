import { tableOf } from '../../event-log/table.js';
import { AgentKeySecret } from './entities/agent-key-secret.entity.js';
import { AgentKey } from './entities/agent-key.entity.js';
import { Agent } from './entities/agent.entity.js';

/** The tables of the agents. */
export const AGENTS = tableOf(Agent);
export const AGENT_KEYS = tableOf(AgentKey);
export const AGENT_KEY_SECRETS = tableOf(AgentKeySecret);
