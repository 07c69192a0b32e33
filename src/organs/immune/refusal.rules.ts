import type { Command, DecisionContext } from '../../event-log/command.js';
import { deleted, inserted, type Effect } from '../../event-log/effect.js';
import { need, type Need, type State } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import type { Agent } from '../agents/index.js';
import { refusalFinding, refusalsNeeded } from './detection/budget-refusals.js';
import { nearestPolicy } from './detection/policies.js';
import { newFindingCommand } from './finding.command.js';
import { isOnProbation } from './probation.rules.js';
import { POLICIES, REFUSALS } from './tables.js';

/** The rows that a refusal for lack of budget is judged on. */
export function refusalNeeds(agentId: string): Need[] {
  return [need(POLICIES, 'budget_refusals', 'detector'), need(REFUSALS, agentId, 'agent_id')];
}

/**
 * What follows when an agent is refused for lack of budget: the refusal is counted, those out of the policy's window are
 * forgotten, and the one that reaches the threshold is a finding on the evidence of all of them, with what the policy
 * says, in the same transaction. On probation the first one is.
 * @param scopes the agent's scope and those above it
 */
export function onBudgetRefusal(
  state: State,
  agent: Readonly<Agent>,
  scopes: readonly string[],
  context: DecisionContext,
): { effects: Effect[]; followUps: Command[] } {
  const policy = nearestPolicy(state.find(POLICIES, 'detector', 'budget_refusals'), scopes);
  const earlier = state.find(REFUSALS, 'agent_id', agent.agent_id);
  if (!policy || policy.mode === 'off') return { effects: earlier.map((row) => deleted(REFUSALS, row)), followUps: [] };
  const since = plusSeconds(context.now, -policy.window_seconds);
  const row = { event_id: context.eventId, agent_id: agent.agent_id, refused_at: context.now };
  const recent = [...earlier.filter((each) => each.refused_at > since), row];
  const isProbation = isOnProbation(agent, context.now);
  if (recent.length >= refusalsNeeded(policy, isProbation)) {
    const refusals = recent.map(({ event_id: eventId, refused_at: at }) => ({ eventId, at }));
    return {
      effects: earlier.map((each) => deleted(REFUSALS, each)),
      followUps: [newFindingCommand(refusalFinding(policy, agent.agent_id, refusals, isProbation))],
    };
  }
  const gone = earlier.filter((each) => each.refused_at <= since);
  return { effects: [...gone.map((each) => deleted(REFUSALS, each)), inserted(REFUSALS, row)], followUps: [] };
}
