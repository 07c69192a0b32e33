import type { Draft } from './trace-facts.js';

/** What an agent can run away with. */
export const RUNAWAYS = ['rate', 'loop', 'silence', 'errors'] as const;
export type Runaway = (typeof RUNAWAYS)[number];

/** How long a runaway lasts, in ms: ten minutes, long after it should be found. */
const LASTS_MS = 600_000;
/** A runaway makes five calls of each of its agent's. */
const TIMES = 5;
/** What it adds to a call stands before the next one, or within this time, in ms. */
const SPREAD_MS = 60_000;
/** A call of a loop follows another after so many ms, which is what a call of a language model takes. */
const LOOP_MS = 10_000;
const LOOP_CALL_MS = 5_000;
/** Heartbeats come so often, and an agent is silent when so long none came; in ms. */
const BEAT_MS = 15_000;
const SILENT_AFTER_MS = 60_000;

type Began = Draft & { readonly kind: 'authorized' };
type Ended = Draft & { readonly kind: 'ended' };

/** The trace in which an agent runs away at a moment. */
export function withRunaway(drafts: readonly Draft[], runaway: Runaway, { agentId, at: from }: Began): Draft[] {
  const isOfIt = (draft: Draft): boolean => 'agentId' in draft && draft.agentId === agentId && draft.at >= from;
  switch (runaway) {
    case 'rate':
      return inOrder([...drafts, ...fourMore(drafts.filter((d) => isOfIt(d) && d.at < from + LASTS_MS))]);
    case 'loop':
      return inOrder([...drafts, ...loop(agentId, from)]);
    case 'silence': {
      const lastBeat = Math.floor(from / BEAT_MS) * BEAT_MS;
      const silent = { kind: 'silent', at: lastBeat + SILENT_AFTER_MS, agentId } as const;
      return inOrder([...drafts.filter((draft) => !isOfIt(draft)), silent]);
    }
    case 'errors':
      return drafts.map((draft) =>
        draft.kind === 'ended' && isOfIt(draft) && draft.at < from + LASTS_MS ? failed(draft) : draft,
      );
  }
}

function fourMore(own: readonly Draft[]): Draft[] {
  const calls = own.filter((draft) => draft.kind === 'authorized');
  const ends = new Map(own.flatMap((draft) => (draft.kind === 'ended' ? [[draft.actionId, draft] as const] : [])));
  return calls.flatMap((call, index) => {
    const gap = Math.min((calls[index + 1]?.at ?? Number.POSITIVE_INFINITY) - call.at, SPREAD_MS);
    const end = ends.get(call.actionId);
    return Array.from({ length: TIMES - 1 }, (_, i) => {
      const later = Math.round((gap * (i + 1)) / TIMES);
      const actionId = `${call.actionId}+${i + 1}`;
      const begun = { ...call, actionId, at: call.at + later, fingerprint: `${call.fingerprint}${i}` };
      return end ? [begun, { ...end, actionId, at: end.at + later }] : [begun];
    }).flat();
  });
}

function loop(agentId: string, from: number): Draft[] {
  return Array.from({ length: LASTS_MS / LOOP_MS }, (_, i): [Draft, Draft] => {
    const at = from + i * LOOP_MS;
    const actionId = `loop-${i}`;
    return [
      { kind: 'authorized', at, agentId, actionId, actionType: 'llm.call', fingerprint: 'loop', held: [] },
      { kind: 'ended', at: at + LOOP_CALL_MS, agentId, actionId, isSuccess: true, spent: [] },
    ];
  }).flat();
}

function failed(draft: Ended): Ended {
  return { ...draft, isSuccess: false, spent: [] };
}

function inOrder(drafts: readonly Draft[]): Draft[] {
  return drafts.toSorted((a, b) => a.at - b.at);
}
