import type { DecisionContext } from '../../event-log/command.js';
import type { State } from '../../event-log/working-set.js';
import type { Agent } from '../agents/index.js';
import { ceilingProblem, isDecidedSince, stateProblem, usable, used } from '../arbiter/index.js';
import { standingProblem } from '../immune/index.js';
import { agentScope, Books, budgetExceeded, chainOf, reckoned } from '../metabolism/index.js';
import type { ActionRequest, Granted, Refused } from './action-request.js';

/**
 * Whether an action may be taken on an approval: of this agent, this action type, this payload, and no more than its ceiling.
 * What people decided before the present state began does not stand above what that forbids. Where it does not fit a limit, that limit is given exactly what is lacking, so that there is no action without budget;
 * where no window in force could bear it, it stays refused.
 */
export function approved(
  agent: Readonly<Agent>,
  request: ActionRequest & { readonly escalationId: string },
  state: State,
  context: DecisionContext,
): Granted | Refused {
  const standing = standingProblem(agent);
  if (standing) return { problem: standing };
  const use = usable(state, agent, request, context);
  if ('problem' in use) return use;
  const { escalation, causedBy } = use;
  const forbidden = isDecidedSince(state, causedBy) ? null : stateProblem(state, agent.type);
  if (forbidden) return { problem: forbidden, causedBy };
  const asked = reckoned(request.cost, 'worst case', state, context.now);
  if ('problem' in asked) return { ...asked, causedBy };
  const above = ceilingProblem(escalation, asked.amounts);
  if (above) return { problem: above, causedBy };
  const books = new Books(state, chainOf(state, agentScope(agent.agent_id)), context);
  const funded = books.fund(asked.amounts);
  const refusal = books.refusal(asked.amounts);
  if (refusal) return { problem: budgetExceeded(refusal), lacksIn: books, causedBy };
  const approval = { escalationId: escalation.id, causedBy, funded };
  return { asked, books, effects: [used(escalation, request.actionId, context)], approval };
}
