import { describe, expect, it } from '@jest/globals';
import { SINCE, SINCE_EVENT, systemState } from '../../../test/support/system-state.js';
import { plusSeconds } from '../../platform/time.js';
import { RAISED_BY, type SubstrateState } from './entities/substrate-state.entity.js';
import { systemMove, systemOutlook } from './system-move.rules.js';

const DWELL = 100;
const QUIET = 40;
const POLICIES = { observe: { dwell_seconds: DWELL }, alert: { dwell_seconds: DWELL, quiet_seconds: QUIET } } as const;

const at = (seconds: number) => plusSeconds(SINCE, seconds);
const found = (seconds: number, changes = {}) => ({ event_id: SINCE_EVENT + 1, found_at: at(seconds), ...changes });
const told = (state: Partial<SubstrateState>, findings: ReturnType<typeof found>[] = []) =>
  systemState({ state, policies: POLICIES, findings });
const ALERT = { current_state: 'alert', raised_by: 'findings' } as const;

describe('from observe the system', () => {
  it('goes to alert on a finding that is answered, once it has stayed', () => {
    const state = told({}, [found(90)]);
    expect(systemMove(state, at(DWELL - 0.000001))).toBeNull();
    expect(systemMove(state, at(DWELL))).toEqual({
      to: 'alert',
      trigger: 'a finding of the policy loop, event 11',
      raisedBy: 'findings',
      causedBy: 11,
      findingId: 'f0',
    });
    expect(systemOutlook(state)).toEqual({ to: 'alert', from: at(DWELL) });
  });

  it('takes the newest finding, and none that is flagged only', () => {
    const newer = found(80, { event_id: SINCE_EVENT + 5 });
    expect(systemMove(told({}, [found(90), newer]), at(DWELL))).toMatchObject({ causedBy: 15 });
    expect(systemMove(told({}, [found(90, { answer: 'flag' })]), at(DWELL))).toBeNull();
  });

  it('goes nowhere for a finding from before, none, or one so old that the alert would be over', () => {
    expect(systemMove(told({}, [found(90, { event_id: SINCE_EVENT })]), at(DWELL))).toBeNull();
    expect(systemMove(told({}), at(DWELL))).toBeNull();
    expect(systemMove(told({}, [found(DWELL - QUIET)]), at(DWELL))).toBeNull();
    expect(systemMove(told({}, [found(DWELL - QUIET + 0.000001)]), at(DWELL))).not.toBeNull();
  });
});

describe('from alert the system', () => {
  it('goes back when it has stayed and been quiet', () => {
    expect(systemMove(told(ALERT), at(DWELL - 0.000001))).toBeNull();
    expect(systemMove(told(ALERT), at(DWELL))).toEqual({
      to: 'observe',
      trigger: `no finding was answered for ${QUIET} s`,
      raisedBy: 'quiet',
      causedBy: SINCE_EVENT,
      findingId: null,
    });
    const late = told(ALERT, [found(90)]);
    expect(systemOutlook(late)).toEqual({ to: 'observe', from: at(90 + QUIET) });
    expect(systemMove(late, at(90 + QUIET - 0.000001))).toBeNull();
    expect(systemMove(late, at(90 + QUIET))).not.toBeNull();
  });

  it.each(RAISED_BY.filter((by) => by !== 'findings'))('goes nowhere where it was raised by %s', (raised_by) => {
    const state = told({ current_state: 'alert', raised_by });
    expect(systemMove(state, at(1e6))).toBeNull();
    expect(systemOutlook(state)).toEqual({ to: null, from: null });
  });
});

describe('from act and defend the system', () => {
  it.each(['act', 'defend'] as const)('never leaves %s', (current_state) => {
    for (const raised_by of RAISED_BY) {
      expect(systemMove(told({ current_state, raised_by }, [found(1e6)]), at(1e6))).toBeNull();
    }
  });
});
