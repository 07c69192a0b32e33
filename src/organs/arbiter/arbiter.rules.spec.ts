import { describe, expect, it } from '@jest/globals';
import { WorkingSet } from '../../event-log/working-set.js';
import { STATE, stateProblem, TRANSITIONS } from './arbiter.rules.js';
import { STATES, THE_STATE, type StateName } from './entities/substrate-state.entity.js';

const inState = (name: StateName): WorkingSet => {
  const state = new WorkingSet();
  const row = { id: THE_STATE, current_state: name, since: '2026-01-01T00:00:00.000000Z', trigger: 't', event_id: 1 };
  state.load(STATE as never, 'id', [THE_STATE], [row]);
  return state;
};

describe('the state', () => {
  it('moves as the contract says', () => {
    expect(TRANSITIONS).toEqual({
      observe: ['alert', 'defend'],
      alert: ['act', 'observe', 'defend'],
      act: ['observe', 'defend'],
      defend: ['observe'],
    });
  });

  it.each(STATES)('says who may act in %s', (name) => {
    for (const type of ['sensor', 'task', 'reflex'] as const) {
      const problem = stateProblem(inState(name), type);
      if (name === 'defend' && type !== 'reflex')
        expect(problem).toMatchObject({ status: 403, code: 'ARBITER.STATE_FORBIDS' });
      else expect(problem).toBeNull();
    }
  });
});
