import type { Command, DecisionContext } from '../../event-log/command.js';
import { deleted, inserted, type Effect } from '../../event-log/effect.js';
import { need, type Need, type State } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import type { Agent } from '../agents/index.js';
import type { ImmunePolicy } from './entities/immune-policy.entity.js';
import { systemQuarantineCommand } from './quarantine.commands.js';
import { POLICIES, REFUSALS } from './tables.js';

/** Id of the policy on repeated refusals for lack of budget. */
export const REFUSAL_POLICY_ID = 'budget-refusals';

/** The policy that a new substrate starts with: ten refusals within a minute isolate an agent. */
export const REFUSAL_POLICY: ImmunePolicy = {
  id: REFUSAL_POLICY_ID,
  detector: 'budget_refusals',
  threshold: 10,
  window_seconds: 60,
  answer: 'quarantine',
  enabled: true,
  version: 1,
};

/** The rows that a refusal for lack of budget is judged on. */
export function refusalNeeds(agentId: string): Need[] {
  return [need(POLICIES, REFUSAL_POLICY_ID), need(REFUSALS, agentId, 'agent_id')];
}

/**
 * What follows when an agent is refused for lack of budget: the refusal is counted, those out of the policy's window are
 * forgotten, and the one that reaches the threshold has the agent quarantined in the same transaction, on the evidence of
 * all of them. On probation the first one does.
 */
export function onBudgetRefusal(
  state: State,
  agent: Readonly<Agent>,
  context: DecisionContext,
): { effects: Effect[]; followUps: Command[] } {
  const policy = state.get(POLICIES, REFUSAL_POLICY_ID);
  const earlier = state.find(REFUSALS, 'agent_id', agent.agent_id);
  if (!policy?.enabled) return { effects: earlier.map((row) => deleted(REFUSALS, row)), followUps: [] };
  const since = plusSeconds(context.now, -policy.window_seconds);
  const recent = earlier.filter((row) => row.refused_at > since);
  const threshold = agent.on_probation ? 1 : policy.threshold;
  if (recent.length + 1 >= threshold) {
    const evidence = [...recent.map((row) => row.event_id), context.eventId].toSorted((a, b) => a - b);
    return {
      effects: earlier.map((row) => deleted(REFUSALS, row)),
      followUps: [systemQuarantineCommand(agent.agent_id, reasonOf(policy, threshold, agent), policy.id, evidence)],
    };
  }
  const gone = earlier.filter((row) => row.refused_at <= since);
  const row = { event_id: context.eventId, agent_id: agent.agent_id, refused_at: context.now };
  return { effects: [...gone.map((old) => deleted(REFUSALS, old)), inserted(REFUSALS, row)], followUps: [] };
}

function reasonOf(policy: Readonly<ImmunePolicy>, threshold: number, agent: Readonly<Agent>): string {
  if (agent.on_probation) return 'refused for lack of budget while on probation';
  return `refused for lack of budget ${threshold} times within ${policy.window_seconds} s`;
}
