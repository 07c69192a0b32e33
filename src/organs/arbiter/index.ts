export { ArbiterModule } from './arbiter.module.js';
export { isDecidedSince, presentPolicy, stateNeeds, stateProblem } from './arbiter.rules.js';
export {
  approvalProblem,
  requirementsOn,
  supervisionOn,
  type ApprovalRequirement,
} from './escalations/approval.rules.js';
export { clearanceNeeds, cleared, type Clear, type Obstructed } from './escalations/clearance.rules.js';
export { ceilingProblem, usable, used, useNeeds, type ApprovedWish } from './escalations/use.rules.js';
export { alertNeeds, alertUnlessRaised } from './transition.command.js';
