import type { Accepted, Command, DecisionContext } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import type { JsonObject } from '../../platform/json.js';
import type { State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { STATE, stateNeeds, stateOf, TRANSITIONS } from './arbiter.rules.js';
import type { RaisedBy, StateName, SubstrateState } from './entities/substrate-state.entity.js';
import { systemMove, systemMoveNeeds } from './system-move.rules.js';

const SUBJECT = { type: 'substrate', id: 'state' } as const;

/** Where the state goes, why, and on whose word. */
interface Move {
  readonly to: StateName;
  readonly trigger: string;
  readonly raisedBy: RaisedBy;
}

/** Somebody moves the state of the substrate. People are bound by no dwell time. */
export function transitionCommand(to: StateName, trigger: string, raisedBy: RaisedBy = 'user'): Command {
  return {
    type: 'arbiter.transition',
    permission: to === 'alert' ? 'state.alert' : 'state.move',
    subject: SUBJECT,
    payload: { to_state: to, trigger },
    needs: stateNeeds(),
    decide: (state, context) => {
      const before = stateOf(state);
      if (!TRANSITIONS[before.current_state].includes(to))
        return { outcome: 'denied', problem: invalid(before.current_state, to) };
      return { ...moved(before, { to, trigger, raisedBy }, context), causedBy: before.event_id };
    },
  };
}

/** The move that the system makes by itself, if there is one when it is decided: whoever asks, it is made once. */
export function systemMoveCommand(): Command {
  return {
    type: 'arbiter.transition',
    permission: 'system',
    subject: SUBJECT,
    payload: {},
    needs: systemMoveNeeds(),
    decide: (state, context) => {
      const move = systemMove(state, context.now);
      if (!move) return { outcome: 'nothing' };
      const said = move.findingId === null ? {} : { finding_id: move.findingId };
      return { ...moved(stateOf(state), move, context, said), causedBy: move.causedBy };
    },
  };
}

/** The rows that `alertUnlessRaised` reads. */
export const alertNeeds = stateNeeds;

/**
 * What follows where something calls for people: the move from `observe` to `alert`; an alert that findings raised is kept,
 * so that it does not end by itself. None where the state is raised by others already.
 */
export function alertUnlessRaised(state: State, trigger: string): Command[] {
  const { current_state: current, raised_by: raisedBy } = stateOf(state);
  if (current === 'observe') return [transitionCommand('alert', trigger, 'audit')];
  return current === 'alert' && raisedBy === 'findings' ? [keepCommand(trigger)] : [];
}

/** An alert that findings raised is for people to end from now on. */
function keepCommand(trigger: string): Command {
  return {
    type: 'arbiter.keep',
    permission: 'system',
    subject: SUBJECT,
    payload: { state: 'alert', trigger },
    needs: stateNeeds(),
    decide: (state, { eventId }) => {
      const after: SubstrateState = { ...stateOf(state), trigger, raised_by: 'audit', event_id: eventId };
      return { outcome: 'succeeded', effects: [updated(STATE, after)], answer: {} };
    },
  };
}

function moved(
  before: Readonly<SubstrateState>,
  { to, trigger, raisedBy }: Move,
  { now, eventId }: DecisionContext,
  said: JsonObject = {},
): Accepted {
  const after: SubstrateState = {
    ...before,
    current_state: to,
    since: now,
    trigger,
    raised_by: raisedBy,
    event_id: eventId,
  };
  return {
    outcome: 'succeeded',
    payload: { from_state: before.current_state, to_state: to, trigger, ...said },
    effects: [updated(STATE, after)],
    answer: { success: true, new_state: to, previous_state: before.current_state, timestamp: now },
  };
}

function invalid(from: StateName, to: StateName): Problem {
  return {
    status: 409,
    code: 'ARBITER.INVALID_TRANSITION',
    detail: `the state is ${from}, which goes to ${TRANSITIONS[from].join(' or ')}, not to ${to}`,
  };
}
