import { describe, expect, it } from '@jest/globals';
import { SINCE, SINCE_EVENT, systemState } from '../../../test/support/system-state.js';
import type { DecisionContext } from '../../event-log/command.js';
import { plusSeconds } from '../../platform/time.js';
import { RAISED_BY } from './entities/substrate-state.entity.js';
import { alertUnlessRaised, systemMoveCommand, transitionCommand } from './transition.command.js';

const EVENT = SINCE_EVENT + 7;

const at = (seconds: number): DecisionContext => ({
  now: plusSeconds(SINCE, seconds),
  principal: { actor: { type: 'user', id: 'u' }, roles: [] },
  eventId: EVENT,
  newId: () => 'id',
});

describe('a person', () => {
  it('moves the state at any time, whatever its dwell time', () => {
    const state = systemState({ state: { current_state: 'alert', raised_by: 'findings' } });
    expect(transitionCommand('observe', 'seen').decide(state, at(0))).toMatchObject({
      outcome: 'succeeded',
      causedBy: SINCE_EVENT,
      payload: { from_state: 'alert', to_state: 'observe', trigger: 'seen' },
      effects: [{ op: 'update', row: { current_state: 'observe', raised_by: 'user', event_id: EVENT } }],
    });
  });
});

describe('the system', () => {
  it('says nothing where it may not move', () => {
    expect(systemMoveCommand().decide(systemState(), at(1e6))).toEqual({ outcome: 'nothing' });
  });

  it('names the finding that raises the state', () => {
    const findings = [{ event_id: SINCE_EVENT + 1, found_at: plusSeconds(SINCE, 400) }];
    expect(systemMoveCommand().decide(systemState({ findings }), at(401))).toMatchObject({
      causedBy: SINCE_EVENT + 1,
      payload: { from_state: 'observe', to_state: 'alert', finding_id: 'f0' },
      effects: [{ row: { current_state: 'alert', raised_by: 'findings', since: plusSeconds(SINCE, 401) } }],
    });
  });
});

describe('what the self-audit finds', () => {
  it('raises the state, so that only people lower it', () => {
    const state = systemState();
    const [command, ...more] = alertUnlessRaised(state, 'found');
    expect(more).toEqual([]);
    expect(command?.decide(state, at(0))).toMatchObject({
      effects: [{ row: { current_state: 'alert', raised_by: 'audit' } }],
    });
  });

  it('keeps an alert that findings raised, and leaves any other state as it is', () => {
    for (const raised_by of RAISED_BY) {
      const state = systemState({ state: { current_state: 'alert', raised_by } });
      const commands = alertUnlessRaised(state, 'found');
      if (raised_by !== 'findings') expect(commands).toEqual([]);
      else {
        expect(commands.map(({ type }) => type)).toEqual(['arbiter.keep']);
        expect(commands[0]?.decide(state, at(50))).toMatchObject({
          effects: [{ row: { current_state: 'alert', since: SINCE, raised_by: 'audit', trigger: 'found' } }],
        });
      }
    }
    for (const current_state of ['act', 'defend'] as const)
      expect(alertUnlessRaised(systemState({ state: { current_state } }), 'found')).toEqual([]);
  });
});
