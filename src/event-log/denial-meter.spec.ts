import { describe, expect, it } from '@jest/globals';
import { plusSeconds } from '../platform/time.js';
import type { Caller } from './command.js';
import { DenialMeter, DENIALS_PER_MINUTE_MAX } from './denial-meter.js';

const START = '2026-01-01T00:00:00.000000Z';
const agent: Caller = { kind: 'agent', id: 'a', keyId: 'k' };
const user: Caller = { kind: 'user', id: 'a' };

describe('the denial meter', () => {
  it('records so many refusals a minute for each caller, then tells how long to wait', () => {
    const meter = new DenialMeter();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX; i += 1) expect(meter.admit(agent, START).recorded).toBe(true);
    expect(meter.admit(agent, plusSeconds(START, 20))).toEqual({ recorded: false, retryAfter: 40 });
    expect(meter.admit(user, START).recorded).toBe(true);
    expect(meter.admit({ kind: 'system', id: 's' }, START).recorded).toBe(true);
  });

  it('counts the rest until the minute is told of', () => {
    const meter = new DenialMeter();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX + 5; i += 1) meter.admit(agent, START);
    expect(meter.drain(plusSeconds(START, 59))).toEqual([]);
    expect(meter.drain(plusSeconds(START, 60))).toEqual([{ caller: agent, since: START, count: 5 }]);
    expect(meter.admit(agent, plusSeconds(START, 61)).recorded).toBe(true);
    expect(meter.drain(null)).toEqual([]);
  });

  it('starts a new minute only when the one before has been told of', () => {
    const meter = new DenialMeter();
    for (let i = 0; i <= DENIALS_PER_MINUTE_MAX; i += 1) meter.admit(agent, START);
    const later = plusSeconds(START, 75);
    expect(meter.admit(agent, later)).toEqual({ recorded: false, retryAfter: 1 });
    expect(meter.drain(later)).toEqual([{ caller: agent, since: START, count: 2 }]);
    expect(meter.admit(agent, later)).toEqual({ recorded: true, retryAfter: 0 });
  });

  it('starts it by itself where nothing was left out', () => {
    const meter = new DenialMeter();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX; i += 1) meter.admit(agent, START);
    expect(meter.admit(agent, plusSeconds(START, 60)).recorded).toBe(true);
    expect(meter.drain(null)).toEqual([]);
  });

  it('tells of all that is left out at the end, once', () => {
    const meter = new DenialMeter();
    for (const caller of [agent, user]) {
      for (let i = 0; i <= DENIALS_PER_MINUTE_MAX; i += 1) meter.admit(caller, START);
    }
    const left = [agent, user].map((caller) => ({ caller, since: START, count: 1 }));
    expect(meter.drain(null)).toEqual(left);
    expect(meter.drain(null)).toEqual([]);
  });

  it('knows an agent by its id, not by its key', () => {
    const meter = new DenialMeter();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX; i += 1) meter.admit({ ...agent, keyId: `k${i}` }, START);
    expect(meter.admit(agent, START).recorded).toBe(false);
  });

  it('takes back what was counted since the mark, and nothing before it', () => {
    const meter = new DenialMeter();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX - 1; i += 1) meter.admit(agent, START);
    meter.mark();
    for (let again = 0; again < 3; again += 1) {
      expect([1, 2, 3].map(() => meter.admit(agent, START).recorded)).toEqual([true, false, false]);
      meter.rewind();
    }
    expect(meter.admit(agent, START).recorded).toBe(true);
    expect(meter.admit(agent, START).recorded).toBe(false);
    expect(meter.drain(null)).toEqual([{ caller: agent, since: START, count: 1 }]);
  });

  it('takes back a minute that began since the mark, in favour of the one before', () => {
    const meter = new DenialMeter();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX; i += 1) meter.admit(agent, START);
    meter.mark();
    meter.admit(agent, plusSeconds(START, 61));
    meter.admit(user, START);
    meter.rewind();
    expect(meter.admit(agent, plusSeconds(START, 59)).recorded).toBe(false);
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX; i += 1) expect(meter.admit(user, START).recorded).toBe(true);
  });

  it('does not take back what it has told of meanwhile', () => {
    const meter = new DenialMeter();
    for (let i = 0; i <= DENIALS_PER_MINUTE_MAX; i += 1) meter.admit(agent, START);
    meter.mark();
    meter.admit(agent, START);
    expect(meter.drain(null)).toEqual([{ caller: agent, since: START, count: 2 }]);
    meter.rewind();
    expect(meter.drain(null)).toEqual([]);
  });

  it('takes nothing back twice', () => {
    const meter = new DenialMeter();
    meter.mark();
    meter.admit(agent, START);
    meter.rewind();
    for (let i = 0; i < DENIALS_PER_MINUTE_MAX; i += 1) meter.admit(agent, START);
    meter.mark();
    meter.rewind();
    expect(meter.admit(agent, START).recorded).toBe(false);
  });
});
