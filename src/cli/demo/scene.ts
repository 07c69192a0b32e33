import type { SubstrateClient } from '../substrate-client.js';
import { readStanding, type Standing } from '../substrate-immune.js';
import { RUNAWAY } from './fleet-roster.js';
import type { Narrator } from './narrator.js';
import type { Performance } from './show.js';
import { Sorter, type Task } from './sorter.js';
import { credentialOf, type Stage } from './stage.js';

/** A thousandth of a dollar, in nano-dollars. */
export const MILL_NANO = 1_000_000n;

/** The detector that finds the agent that runs away. */
export const DETECTOR = 'loop';

/** Sorting one ticket, which costs what was held for it. */
export function sorting(ticket: string, costNano: bigint): Task {
  return { actionType: 'llm.call', payload: { ticket }, holdNano: costNano, costNano };
}

/** Where and before whom the agent runs away: the substrate, the people, the agent itself, and the story's clock. */
export class Scene {
  readonly agent: Sorter;
  private readonly began = performance.now();

  /** @param startMs the moment of the story at which it begins; from then on the story's time is real time */
  constructor(
    readonly client: SubstrateClient,
    readonly stage: Stage,
    private readonly narrator: Narrator,
    private readonly startMs: number,
    own: Performance,
    stop: AbortSignal,
  ) {
    this.agent = new Sorter(client, credentialOf(stage, RUNAWAY), own, stop);
  }

  /** How the agent stands, as an operator sees it. */
  standing(): Promise<Standing> {
    return readStanding(this.client, this.stage.people.operator.session, RUNAWAY);
  }

  tell(who: string, what: string): void {
    this.narrator.tell(this.nowMs(), who, what);
  }

  warn(who: string, what: string): void {
    this.narrator.warn(this.nowMs(), who, what);
  }

  alarm(who: string, what: string): void {
    this.narrator.alarm(this.nowMs(), who, what);
  }

  private nowMs(): number {
    return this.startMs + performance.now() - this.began;
  }
}

/** The time of day of a timestamp, in UTC. */
export function timeOfDay(timestamp: string): string {
  return `${timestamp.slice(11, 19)} UTC`;
}
