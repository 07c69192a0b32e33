export { ProbationDto, SupervisionDto, ThrottleDto } from './dto/agent-answers.dto.js';
export { AGENT_NOT_FOUND } from './agents.errors.js';
export { capabilityProblem } from './capability.rules.js';
export { agentAnswer } from './agents.commands.js';
export { AgentsModule } from './agents.module.js';
export {
  AGENT_STATUSES,
  AGENT_TYPES,
  type Agent,
  type AgentStatus,
  type AgentType,
  type Probation,
  type Supervision,
  type Throttle,
} from './entities/agent.entity.js';
export type { AgentKey } from './entities/agent-key.entity.js';
export { descendantsOf, KIN, KIN_IDS, kinNeeds } from './kinship.js';
export { AGENT_KEYS, AGENTS } from './tables.js';
