import type { JsonObject } from '../../../platform/json.js';
import type { Fact, Quantity } from './fact.js';
import { savedList } from './saved-state.js';

/** Most open actions of one agent that are remembered: with more, the oldest are forgotten and end unjudged. */
const OPEN_MAX = 64;

/** When an action began and what it held. */
export interface BegunAction {
  readonly at: number;
  readonly held: readonly Quantity[];
}

/** The actions of an agent that have begun and not ended. */
export class OpenActions {
  private readonly open = new Map<string, BegunAction>();

  constructor(saved: JsonObject | null) {
    for (const item of savedList(saved, 'open')) {
      const [actionId, at, ...held] = item as [string, number, ...[string, number][]];
      this.open.set(actionId, { at, held: held.map(([unit, amount]) => ({ unit, amount })) });
    }
  }

  /** Notes a beginning; answers what is known of the action that a fact ends. */
  add(fact: Fact): BegunAction | null {
    if (fact.kind === 'authorized') {
      if (this.open.size >= OPEN_MAX) {
        const [oldest] = this.open.keys();
        if (oldest !== undefined) this.open.delete(oldest);
      }
      this.open.set(fact.actionId, { at: fact.at, held: fact.held });
      return null;
    }
    if (fact.kind !== 'ended' && fact.kind !== 'expired') return null;
    const begun = this.open.get(fact.actionId) ?? null;
    this.open.delete(fact.actionId);
    return begun;
  }

  state(): JsonObject {
    const open = [...this.open].map(([id, { at, held }]) => [
      id,
      at,
      ...held.map(({ unit, amount }) => [unit, amount] as const),
    ]);
    return { open };
  }
}
