export { answeredNeeds, newestAnswered } from './answered-findings.js';
export { ImmuneModule } from './immune.module.js';
export { onBudgetRefusal, refusalNeeds } from './refusal.rules.js';
export { probationProblem } from './probation.rules.js';
export { StopOrderDto } from './dto/stop-order.dto.js';
export { StopOrdersRepository } from './stop-orders.repository.js';
export { standingProblem } from './standing.rules.js';
export { throttled } from './throttle.rules.js';
