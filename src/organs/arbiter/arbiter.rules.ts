import { tableOf } from '../../event-log/table.js';
import { need, type Need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { AgentType } from '../agents/index.js';
import type { StatePolicy } from './entities/state-policy.entity.js';
import { STATES, SubstrateState, THE_STATE, type StateName } from './entities/substrate-state.entity.js';
import { STATE_POLICIES } from './state-policies.js';

/** The table of the state; one row. */
export const STATE = tableOf(SubstrateState);

/** Where each state may go. */
export const TRANSITIONS: Readonly<Record<StateName, readonly StateName[]>> = {
  observe: ['alert', 'defend'],
  alert: ['act', 'observe', 'defend'],
  act: ['observe', 'defend'],
  defend: ['observe'],
};

/** The rows that tell the state, and what each one does: which of them goes is known under the head's lock only. */
export function stateNeeds(): Need[] {
  return [need(STATE, THE_STATE), need(STATE_POLICIES, STATES)];
}

/** The state as it is. @throws Error when it is not there: the first event brings it */
export function stateOf(state: State): Readonly<SubstrateState> {
  const row = state.get(STATE, THE_STATE);
  if (!row) throw new Error('the substrate has no state');
  return row;
}

/** What a state does. @throws Error when nothing says it: the first event does */
export function policyOf(state: State, name: StateName): Readonly<StatePolicy> {
  const row = state.get(STATE_POLICIES, name);
  if (!row) throw new Error(`nothing says what the state ${name} does`);
  return row;
}

/** What the present state does. */
export function presentPolicy(state: State): Readonly<StatePolicy> {
  return policyOf(state, stateOf(state).current_state);
}

/** 403 where the present state lets no agent of this type act. */
export function stateProblem(state: State, type: AgentType): Problem | null {
  const { may_act: mayAct } = presentPolicy(state);
  if (mayAct.includes(type)) return null;
  const { current_state: current, since } = stateOf(state);
  return {
    status: 403,
    code: 'ARBITER.STATE_FORBIDS',
    detail: `the substrate is in ${current} since ${since}: ${whoMayAct(mayAct)}`,
  };
}

/** Who may act, in words. */
export function whoMayAct(types: readonly AgentType[]): string {
  return types.length === 0 ? 'no agent may act' : `only ${types.join(', ')} agents may act`;
}

/** Whether something was decided in the present state: what was decided before did not know of it. @param eventId of the decision */
export function isDecidedSince(state: State, eventId: number): boolean {
  return eventId > stateOf(state).event_id;
}
