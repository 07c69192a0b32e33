export { AGENT_NOT_FOUND } from './agents.errors.js';
export { AgentsModule } from './agents.module.js';
export { AGENT_STATUSES, type Agent, type AgentStatus, type AgentType } from './entities/agent.entity.js';
export { AGENTS } from './tables.js';
