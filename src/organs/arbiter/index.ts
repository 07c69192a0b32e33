export { ArbiterModule } from './arbiter.module.js';
export { stateNeeds, stateProblem } from './arbiter.rules.js';
export { alertNeeds, alertUnlessRaised } from './transition.command.js';
