import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Permits } from './permits.js';

describe('Permits', () => {
  it('never runs more at once than allowed, and runs all', async () => {
    const permits = new Permits(3);
    let running = 0;
    let most = 0;
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        permits.run(async () => {
          most = Math.max(most, ++running);
          await sleep(1);
          running--;
          return index;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(done).toHaveLength(20);
  });

  it('gives the permit back when a task fails', async () => {
    const permits = new Permits(1);
    await expect(permits.run(() => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    await expect(permits.run(() => Promise.resolve('next'))).resolves.toBe('next');
  });
});
