export { ArbiterModule } from './arbiter.module.js';
export { stateNeeds, stateProblem } from './arbiter.rules.js';
