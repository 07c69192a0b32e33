import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { needVia, type Need, type State, type Via } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import { AGENT_NOT_FOUND, AGENTS, descendantsOf, KIN, KIN_IDS, kinNeeds, type Agent } from '../agents/index.js';
import { ACCOUNTS, agentScope, usedByUnit } from '../metabolism/index.js';
import type { Quarantine } from './entities/quarantine.entity.js';
import { ALREADY_TERMINATED, NOT_QUARANTINED } from './immune.errors.js';
import { closed, openQuarantine } from './isolation.rules.js';
import type { ProbationTerms } from './probation.rules.js';
import { withStanding } from './standing.rules.js';
import { QUARANTINES } from './tables.js';

/** From agents to the scopes of themselves and of all below them. */
const KIN_SCOPES: Via = { name: 'kin-scopes', sql: `select 'agent:' || kin.id from unnest(array${KIN_IDS}) kin(id)` };

/** An arbiter lifts a quarantine, and with it those that it brought about below; with terms, on probation. */
export function releaseCommand(agentId: string, reason: string, terms: ProbationTerms | null): Command {
  return {
    type: 'immune.release',
    permission: 'immune.release',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, probation: terms && { ...terms } },
    needs: releaseNeeds(agentId),
    decide: (state, context) => {
      const agent = state.get(AGENTS, agentId);
      if (!agent) return { outcome: 'denied', problem: AGENT_NOT_FOUND };
      if (agent.status === 'terminated') return { outcome: 'denied', problem: ALREADY_TERMINATED };
      const open = openQuarantine(state, agentId);
      if (agent.status !== 'quarantined' || !open) return { outcome: 'denied', problem: NOT_QUARANTINED };
      const below = descendantsOf(state, agentId).flatMap((child) => {
        const inherited = openQuarantine(state, child.agent_id);
        return inherited?.inherited_from === open.id ? [inherited] : [];
      });
      const after = onProbation(withStanding(agent, 'active', reason, context), terms, state, context);
      const { actor } = context.principal;
      return {
        outcome: 'succeeded',
        causedBy: open.event_id,
        effects: [updated(AGENTS, after), updated(QUARANTINES, closed(open, actor, reason, context))],
        followUps: below.map((quarantine) => inheritedReleaseCommand(quarantine, reason, terms)),
        answer: {
          agent_id: agentId,
          is_quarantined: false,
          on_probation: after.probation !== null,
          probation: after.probation && { until: after.probation.until, share: after.probation.share },
          released_at: context.now,
          children: below.map((quarantine) => quarantine.agent_id),
        },
      };
    },
  };
}

function releaseNeeds(agentId: string): Need[] {
  return [
    ...kinNeeds(agentId),
    needVia(QUARANTINES, 'agent_id', KIN, [agentId]),
    needVia(ACCOUNTS, 'scope_id', KIN_SCOPES, [agentId]),
  ];
}

/** What was isolated only since it stands below is released with it, on the same terms. */
function inheritedReleaseCommand(open: Readonly<Quarantine>, reason: string, terms: ProbationTerms | null): Command {
  const { agent_id: agentId } = open;
  return {
    type: 'immune.release',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, probation: terms && { ...terms }, inherited_from: open.inherited_from },
    needs: [],
    decide: (state, context): Decision => {
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'quarantined') return { outcome: 'nothing' };
      const after = onProbation(withStanding(agent, 'active', reason, context), terms, state, context);
      const { actor } = context.principal;
      const effects = [updated(AGENTS, after), updated(QUARANTINES, closed(open, actor, reason, context))];
      return { outcome: 'succeeded', effects, answer: {} };
    },
  };
}

/** A released agent: nothing of before holds it back but these terms, and its silence counts from now. */
function onProbation(agent: Agent, terms: ProbationTerms | null, state: State, { now }: DecisionContext): Agent {
  const freed: Agent = { ...agent, throttle: null, supervision: null, silent_since: null, probation: null };
  if (!terms) return freed;
  const marks = usedByUnit(state.get(ACCOUNTS, agentScope(agent.agent_id)));
  return { ...freed, probation: { until: plusSeconds(now, terms.seconds), share: terms.share, marks } };
}
