import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderWatch } from './order-watch.js';
import type { StopOrdersRepository } from './stop-orders.repository.js';

let asked: string[][];
let ordered: Set<string>;
let watch: OrderWatch;

beforeEach(() => {
  asked = [];
  ordered = new Set();
  const agentsWithOpen = (agentIds: readonly string[]): Promise<string[]> => {
    asked.push([...agentIds]);
    return Promise.resolve(agentIds.filter((id) => ordered.has(id)));
  };
  watch = new OrderWatch({ agentsWithOpen } as unknown as StopOrdersRepository);
});

afterEach(() => watch.onModuleDestroy());

const never = new AbortController().signal;

describe('a watch for orders', () => {
  it('asks for all that wait with one query, and for nobody else', async () => {
    const waits = [watch.wait('a', 10, never), watch.wait('b', 10, never), watch.wait('a', 10, never)];
    const short = watch.wait('c', 0.3, never);
    ordered = new Set(['a']);
    expect(await Promise.all([waits[0], waits[2]])).toEqual([true, true]);
    expect(await short).toBe(false);
    ordered = new Set(['b']);
    expect(await waits[1]).toBe(true);
    expect(asked[0]).toEqual(['a', 'b', 'c']);
    expect(asked.at(-1)).toEqual(['b']);
  });

  it('lets few requests of one agent wait, and a bounded number of all', async () => {
    const waits = Array.from({ length: 4 }, () => watch.wait('a', 10, never));
    await expect(watch.wait('a', 10, never)).rejects.toMatchObject({ problem: { status: 429 } });
    for (let i = 4; i < 2_000; i += 1) waits.push(watch.wait(`b${i}`, 10, never));
    await expect(watch.wait('c', 10, never)).rejects.toMatchObject({ problem: { status: 503 } });
    ordered = new Set(['a']);
    expect(await Promise.all(waits.slice(0, 4))).toEqual([true, true, true, true]);
    const again = watch.wait('c', 0.01, never);
    expect(await again).toBe(false);
  });

  it('ends with its client and with the server', async () => {
    const gone = new AbortController();
    const left = watch.wait('a', 10, gone.signal);
    gone.abort();
    expect(await left).toBe(false);
    expect(await watch.wait('a', 10, gone.signal)).toBe(false);
    const waits = [watch.wait('a', 10, never), watch.wait('b', 10, never)];
    await watch.onModuleDestroy();
    expect(await Promise.all(waits)).toEqual([false, false]);
    expect(await watch.wait('a', 10, never)).toBe(false);
  });
});
