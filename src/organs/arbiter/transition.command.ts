import type { Command } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import type { State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { STATE, stateNeeds, stateOf, TRANSITIONS } from './arbiter.rules.js';
import type { StateName, SubstrateState } from './entities/substrate-state.entity.js';

/** Moves the state of the substrate. */
export function transitionCommand(to: StateName, trigger: string): Command {
  return {
    type: 'arbiter.transition',
    permission: to === 'alert' ? 'state.alert' : 'state.move',
    subject: { type: 'substrate', id: 'state' },
    payload: { to_state: to, trigger },
    needs: stateNeeds(),
    decide: (state, { now, eventId }) => {
      const before = stateOf(state);
      if (!TRANSITIONS[before.current_state].includes(to))
        return { outcome: 'denied', problem: invalid(before.current_state, to) };
      const after: SubstrateState = { ...before, current_state: to, since: now, trigger, event_id: eventId };
      return {
        outcome: 'succeeded',
        causedBy: before.event_id,
        payload: { from_state: before.current_state, to_state: to, trigger },
        effects: [updated(STATE, after)],
        answer: { success: true, new_state: to, previous_state: before.current_state, timestamp: now },
      };
    },
  };
}

/** The rows that `alertUnlessRaised` reads. */
export const alertNeeds = stateNeeds;

/** The move from `observe` to `alert` that something calls for; none where the state is raised already. */
export function alertUnlessRaised(state: State, trigger: string): Command[] {
  return stateOf(state).current_state === 'observe' ? [transitionCommand('alert', trigger)] : [];
}

function invalid(from: StateName, to: StateName): Problem {
  return {
    status: 409,
    code: 'ARBITER.INVALID_TRANSITION',
    detail: `the state is ${from}, which goes to ${TRANSITIONS[from].join(' or ')}, not to ${to}`,
  };
}
