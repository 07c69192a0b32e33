export { ArbiterModule } from './arbiter.module.js';
export { presentPolicy, stateNeeds, stateProblem } from './arbiter.rules.js';
export { approvalNeeded, approvalRequired, stateLimitsProblem } from './state-policy.rules.js';
export { alertNeeds, alertUnlessRaised } from './transition.command.js';
