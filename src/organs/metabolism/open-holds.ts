import type { Command, DecisionContext } from '../../event-log/command.js';
import { needVia, type Need, type State, type Via } from '../../event-log/working-set.js';
import { KIN, KIN_IDS } from '../agents/index.js';
import { amountsOfText } from './amounts.js';
import { Books } from './books.js';
import type { Hold } from './entities/hold.entity.js';
import { settleOpen, voidHold, type Settlement } from './settlement.rules.js';
import { ACCOUNTS, HOLDS, LIMITS, SCOPES } from './tables.js';

/** From agents to all below them; of what hangs there only what is open. */
const OPEN_OF_KIN: Via = { name: 'open-of-kin', sql: KIN.sql, only: `t.status = 'authorized'` };

/** From agents to the scopes that they and all below them hold in. */
const OPEN_HELD_IN: Via = {
  name: 'open-held-in',
  sql: `select distinct unnest(h.scopes) from holds h where h.status = 'authorized' and h.agent_id in ${KIN_IDS}`,
};

/** The open holds of an agent and of all below it, the scopes that they hold in, their sums and their limits. */
export function openHoldNeeds(agentId: string): Need[] {
  return [
    needVia(HOLDS, 'agent_id', OPEN_OF_KIN, [agentId]),
    needVia(SCOPES, 'id', OPEN_HELD_IN, [agentId]),
    needVia(ACCOUNTS, 'scope_id', OPEN_HELD_IN, [agentId]),
    needVia(LIMITS, 'scope_id', OPEN_HELD_IN, [agentId]),
  ];
}

/** The open holds of an agent, in the order of their authorization. Reads the rows of `openHoldNeeds`. */
export function openHoldsOf(state: State, agentId: string): Readonly<Hold>[] {
  const open = state.find(HOLDS, 'agent_id', agentId).filter((hold) => hold.status === 'authorized');
  return open.toSorted((a, b) => a.event_id - b.event_id);
}

/**
 * Ends an open action without its agent, in the commit that isolates or ends that one. What was never begun is given
 * back; what was may have been spent, and is booked whole as an estimate. Reads the rows of `openHoldNeeds`.
 */
export function endHoldCommand({ action_id: actionId, begun_at: begunAt }: Readonly<Hold>): Command {
  return {
    type: begunAt === null ? 'actions.void' : 'actions.expire',
    permission: 'system',
    subject: { type: 'action', id: actionId },
    payload: {},
    needs: [],
    decide: (state, context) => {
      const hold = state.get(HOLDS, actionId);
      if (hold?.status !== 'authorized') return { outcome: 'nothing' };
      const { effects, followUps } = endedWithoutAgent(hold, new Books(state, hold.scopes, context), context);
      const payload = hold.begun_at === null ? {} : { estimated: hold.amounts };
      return { outcome: 'succeeded', payload, effects, followUps, answer: { action_id: actionId } };
    },
  };
}

/** The end of an action that its agent did not complete. */
export function endedWithoutAgent(hold: Readonly<Hold>, books: Books, context: DecisionContext): Settlement {
  if (hold.begun_at === null) return voidHold(hold, books, context);
  const costs = amountsOfText(hold.amounts);
  return settleOpen(hold, books, { status: 'expired', costs, pricing: hold.pricing, booksZero: true }, context);
}
