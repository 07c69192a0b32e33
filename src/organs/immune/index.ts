export { ImmuneModule } from './immune.module.js';
export { onBudgetRefusal, refusalNeeds } from './refusal.rules.js';
export { standingProblem } from './standing.rules.js';
