import { describe, expect, it } from '@jest/globals';
import { jsonAmount } from '../exact-amount.js';
import { FLEET, OVERSPENDER } from './fleet-roster.js';
import { STORY_MS, writeScenario } from './scenario.js';

const REFUSALS_BEFORE_QUARANTINE = 10;

describe('writeScenario', () => {
  it('tells the same story for the same seed, and another for another', () => {
    expect(writeScenario(FLEET, 7)).toEqual(writeScenario(FLEET, 7));
    expect(writeScenario(FLEET, 7)).not.toEqual(writeScenario(FLEET, 8));
  });

  it('keeps time order, and ends every call after it began', () => {
    const moments = writeScenario(FLEET, 1);
    expect(moments.map((moment) => moment.atMs)).toEqual(moments.map((moment) => moment.atMs).sort((a, b) => a - b));
    for (const { call } of moments) {
      expect(call.endsMs).toBeGreaterThan(call.beginsMs);
      expect(call.beginsMs).toBeLessThan(STORY_MS);
      expect(() => jsonAmount(call.costNano)).not.toThrow();
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 42, 1000])('makes the overspender run dry in time to be quarantined (seed %d)', (seed) => {
    const agent = FLEET.find((candidate) => candidate.agent_id === OVERSPENDER);
    const calls = writeScenario(FLEET, seed).filter((m) => m.kind === 'begin' && m.call.agentId === OVERSPENDER);
    let left = agent?.budgetNano ?? 0n;
    const within = calls.filter(({ call }) => {
      if (left < call.holdNano) return false;
      left -= call.costNano;
      return true;
    });
    expect(within.length).toBeGreaterThan(2);
    expect(calls.length - within.length).toBeGreaterThan(REFUSALS_BEFORE_QUARANTINE);
  });

  it('keeps everybody else within their means', () => {
    for (const agent of FLEET.filter((candidate) => candidate.agent_id !== OVERSPENDER)) {
      const calls = writeScenario(FLEET, 1).filter((m) => m.kind === 'begin' && m.call.agentId === agent.agent_id);
      const most = calls.reduce(
        (sum, { call }) => sum + (call.costNano > call.holdNano ? call.costNano : call.holdNano),
        0n,
      );
      expect(most).toBeLessThan(agent.budgetNano);
    }
  });
});
