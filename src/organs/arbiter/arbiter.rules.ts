import { tableOf } from '../../event-log/table.js';
import { need, type Need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { AgentType } from '../agents/index.js';
import { SubstrateState, THE_STATE, type StateName } from './entities/substrate-state.entity.js';

/** The table of the state; one row. */
export const STATE = tableOf(SubstrateState);

/** Where each state may go. */
export const TRANSITIONS: Readonly<Record<StateName, readonly StateName[]>> = {
  observe: ['alert', 'defend'],
  alert: ['act', 'observe', 'defend'],
  act: ['observe', 'defend'],
  defend: ['observe'],
};

/** Who may act in which state. */
const MAY_ACT: Readonly<Record<StateName, readonly AgentType[]>> = {
  observe: ['sensor', 'task', 'reflex'],
  alert: ['sensor', 'task', 'reflex'],
  act: ['sensor', 'task', 'reflex'],
  defend: ['reflex'],
};

/** The row that tells the state. */
export function stateNeeds(): Need[] {
  return [need(STATE, THE_STATE)];
}

/** The state as it is. @throws Error when it is not there: the first event brings it */
export function stateOf(state: State): Readonly<SubstrateState> {
  const row = state.get(STATE, THE_STATE);
  if (!row) throw new Error('the substrate has no state');
  return row;
}

/** 403 where the present state lets no agent of this type act. */
export function stateProblem(state: State, type: AgentType): Problem | null {
  const { current_state: current, since } = stateOf(state);
  if (MAY_ACT[current].includes(type)) return null;
  return {
    status: 403,
    code: 'ARBITER.STATE_FORBIDS',
    detail: `the substrate is in ${current} since ${since}: only ${MAY_ACT[current].join(', ')} agents may act`,
  };
}
