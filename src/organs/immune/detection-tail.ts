import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { createClient } from '../../platform/database/client.js';
import type { Timestamp } from '../../platform/time.js';
import { DetectionStore } from './detection-store.js';
import { DetectorEngine } from './detection/engine.js';
import type { Fact } from './detection/fact.js';
import { factsOf } from './detection/fact-reader.js';
import type { Finding } from './detection/finding.js';
import { EVENTS_AT_ONCE, eventsAfter } from './event-reader.js';

/** Key of the advisory lock of the replica that judges. */
const DETECTION_LOCK = 1_763_900_013;
/** Pause while there is nothing new, in ms: what an agent did is judged within a quarter of a second. */
const IDLE_MS = 200;
/** Longest wait for the database, in ms: a thousand events of the largest size on a slow way. */
const QUERY_MS = 30_000;
/** Pause before another try to get the lock, or a database that works, in ms. */
const AGAIN_MS = 1_000;
/** Between two notes of how far it came, in ms: the lag that metrics show is right to a quarter of a second. */
const NOTE_MS = 250;
/** Between two savings of what is known of agents, in ms: after a crash so much of the log is judged again. */
const SAVE_MS = 60_000;
/** Agents of which nothing was heard for so long in the log's time leave the memory when they are saved, in ms: ten minutes. */
const IDLE_AGENT_MS = 600_000;

/** What the tail of the log tells. */
export interface TailListener {
  /** Records findings; answers when they are decided whether all of them are: not where the server stops. */
  readonly record: (findings: readonly Finding[]) => Promise<boolean>;
  /** The database could not be used; it is tried again. */
  readonly trouble: (error: unknown) => void;
}

/**
 * Follows the log and folds it into the detectors, on one replica at a time. Each event is judged once: after a crash or a
 * change of replica judging goes on where it was saved last, and finds again what it found, which is recorded once.
 */
export class DetectionTail {
  private readonly stopped = new AbortController();

  constructor(
    private readonly url: string,
    private readonly listener: TailListener,
  ) {}

  /** Ends `follow`, after it has saved what it knows. */
  stop(): void {
    this.stopped.abort();
  }

  /** Follows the log until it is stopped. */
  async follow(): Promise<void> {
    while (!this.isStopped) {
      const client = createClient(this.url, 'detection', { query_timeout: QUERY_MS });
      try {
        await client.connect();
        if (await this.isMine(client)) await this.judge(client);
        else await this.rest(AGAIN_MS);
      } catch (error) {
        this.listener.trouble(error);
        await this.rest(AGAIN_MS);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private get isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  /** The lock lives as long as the session. */
  private async isMine(client: pg.Client): Promise<boolean> {
    while (!this.isStopped) {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [DETECTION_LOCK]);
      if (rows[0]?.got === true) return true;
      await this.rest(AGAIN_MS);
    }
    return false;
  }

  private async judge(client: pg.Client): Promise<void> {
    const store = new DetectionStore(client);
    const { eventId, shared } = await store.saved();
    const engine = new DetectorEngine(shared);
    /** When something was last heard of an agent whose memory is here, in the log's time. */
    const heard = new Map<string, number>();
    let [judged, noted] = [eventId, -1];
    let at: Timestamp | null = null;
    let [notedAt, savedAt] = [performance.now(), performance.now()];
    for (;;) {
      const events = await eventsAfter(client, judged, null);
      const facts = events.flatMap((event) => factsOf(event));
      await this.bringIn(engine, store, facts);
      for (const fact of facts) for (const agentId of engine.agentsOf(fact)) heard.set(agentId, fact.at);
      const findings = facts.flatMap((fact) => engine.next(fact)).filter((finding) => isForTail(finding));
      // What was not recorded is found again by whoever judges from what was saved last.
      if (findings.length > 0 && !(await this.listener.record(findings))) return;
      const last = events.at(-1);
      if (last) [judged, at] = [last.id, last.occurred_at];
      const isDue = this.isStopped || performance.now() - savedAt > SAVE_MS;
      if (noted !== judged && (isDue || performance.now() - notedAt > NOTE_MS)) {
        await store.note(judged);
        [noted, notedAt] = [judged, performance.now()];
      }
      if (at !== null && isDue) {
        await store.save(engine, judged);
        forgetIdle(engine, heard, Date.parse(at) - IDLE_AGENT_MS);
        savedAt = performance.now();
      }
      if (this.isStopped) return;
      if (events.length < EVENTS_AT_ONCE) await this.rest(IDLE_MS);
    }
  }

  /** What rests in the database of agents that something happened to. */
  private async bringIn(engine: DetectorEngine, store: DetectionStore, facts: readonly Fact[]): Promise<void> {
    const missing = new Set(facts.flatMap((fact) => engine.agentsOf(fact)).filter((agentId) => !engine.has(agentId)));
    if (missing.size === 0) return;
    const resting = await store.series([...missing]);
    for (const agentId of missing) engine.load(agentId, resting.get(agentId) ?? null);
  }

  private async rest(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }
}

/** Lets go of agents that were saved and of which nothing was heard since a moment. */
function forgetIdle(engine: DetectorEngine, heard: Map<string, number>, since: number): void {
  for (const [agentId, at] of heard) {
    if (at >= since) continue;
    engine.evict(agentId);
    heard.delete(agentId);
  }
}

/** What the deciding transaction finds by itself is recorded there. */
function isForTail({ detector }: Finding): boolean {
  return detector !== 'budget_refusals';
}
