import type { Draft } from './trace-facts.js';

/** Calls that an agent has behind it before it runs away: more than detectors take to know it. */
const CALLS_BEFORE = 100;
/** The time in ms after the moment in which the agent is to be active. */
const SOON_MS = 120_000;

type Call = Draft & { readonly kind: 'authorized' };

/**
 * The calls at which an agent may run away: it has a hundred behind it, and of this one and those after it so many begin and end
 * within two minutes, so that there is something to be seen in that time.
 */
export function momentsOf(drafts: readonly Draft[], callsSoon: number): Call[] {
  const ends = new Map<string, number>();
  const byAgent = new Map<string, Call[]>();
  for (const draft of drafts) {
    if (draft.kind === 'ended') ends.set(`${draft.agentId} ${draft.actionId}`, draft.at);
    if (draft.kind !== 'authorized') continue;
    const calls = byAgent.get(draft.agentId);
    if (calls) calls.push(draft);
    else byAgent.set(draft.agentId, [draft]);
  }
  const endOf = ({ agentId, actionId }: Call): number => ends.get(`${agentId} ${actionId}`) ?? Number.POSITIVE_INFINITY;
  return [...byAgent.values()].flatMap((calls) =>
    calls.filter((call, i) => {
      if (i < CALLS_BEFORE) return false;
      const until = call.at + SOON_MS;
      let seen = 0;
      for (let next = i; (calls[next]?.at ?? until) < until; next += 1) {
        const later = calls[next];
        if (later && endOf(later) < until) seen += 1;
      }
      return seen >= callsSoon;
    }),
  );
}

/** One of a list by a seed: the same seed chooses the same one (Marsaglia 2003, "Xorshift RNGs", after a spread of the seed). */
export function chosen<T>(list: readonly T[], seed: number): T | undefined {
  let x = Math.imul(seed, 0x9e3779b1) | 1;
  for (let round = 0; round < 3; round += 1) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  return list[(x >>> 0) % list.length];
}
