import { describe, expect, it } from '@jest/globals';
import { systemState } from '../../../test/support/system-state.js';
import { stateProblem, TRANSITIONS } from './arbiter.rules.js';
import { STATES } from './entities/substrate-state.entity.js';

describe('the state', () => {
  it('moves as the contract says', () => {
    expect(TRANSITIONS).toEqual({
      observe: ['alert', 'defend'],
      alert: ['act', 'observe', 'defend'],
      act: ['observe', 'defend'],
      defend: ['observe'],
    });
  });

  it.each(STATES)('says who may act in %s', (current_state) => {
    for (const type of ['sensor', 'task', 'reflex'] as const) {
      const problem = stateProblem(systemState({ state: { current_state } }), type);
      if (current_state === 'defend' && type !== 'reflex')
        expect(problem).toMatchObject({ status: 403, code: 'ARBITER.STATE_FORBIDS' });
      else expect(problem).toBeNull();
    }
  });

  it('lets act whom its policy names, and nobody where that names none', () => {
    const only = systemState({ policies: { observe: { may_act: ['sensor'] } } });
    expect(stateProblem(only, 'sensor')).toBeNull();
    expect(stateProblem(only, 'reflex')?.detail).toContain('only sensor agents may act');
    const nobody = systemState({ policies: { observe: { may_act: [] } } });
    expect(stateProblem(nobody, 'reflex')?.detail).toContain('no agent may act');
  });
});
