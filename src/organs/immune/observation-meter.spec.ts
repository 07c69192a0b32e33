import { describe, expect, it } from '@jest/globals';
import { ObservationMeter, OBSERVATIONS_PER_MINUTE_MAX as MOST } from './observation-meter.js';

describe('ObservationMeter', () => {
  it('takes so many of a sensor in a minute, whole requests alone, and says how long to wait', () => {
    let now = 0;
    const meter = new ObservationMeter(() => now);
    expect([meter.admit('a', MOST - 1), meter.admit('a', 2), meter.admit('a', 1)]).toEqual([0, 60, 0]);
    now = 12_500;
    expect([meter.admit('a', 1), meter.admit('b', 1)]).toEqual([48, 0]);
    now = 59_999;
    expect(meter.admit('a', 1)).toBe(1);
    now = 60_000;
    expect([meter.admit('a', MOST), meter.admit('a', 1)]).toEqual([0, 60]);
    now = 72_499;
    expect(meter.admit('b', MOST)).toBe(1);
    now = 200_000;
    expect([meter.admit('a', 1), meter.admit('b', MOST)]).toEqual([0, 0]);
  });
});
