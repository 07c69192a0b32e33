import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { createClient } from '../../platform/database/client.js';
import { DetectionStore } from './detection-store.js';
import { Judgement } from './judgement.js';
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

  /** Waits for the lock, which lives as long as the session; false where it is stopped before. */
  private async isMine(client: pg.Client): Promise<boolean> {
    while (!this.isStopped) {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [DETECTION_LOCK]);
      if (rows[0]?.got === true) return true;
      await this.rest(AGAIN_MS);
    }
    return false;
  }

  private async judge(client: pg.Client): Promise<void> {
    const judgement = await Judgement.resumed(new DetectionStore(client));
    let [notedAt, savedAt] = [performance.now(), performance.now()];
    for (;;) {
      const events = await eventsAfter(client, judgement.eventId, null);
      const findings = await judgement.judge(events);
      // What was not recorded is found again by whoever judges from what was saved last.
      if (findings.length > 0 && !(await this.listener.record(findings))) return;
      const isSaving = this.isStopped || performance.now() - savedAt > SAVE_MS;
      if (isSaving || performance.now() - notedAt > NOTE_MS) {
        await judgement.note();
        notedAt = performance.now();
      }
      if (isSaving) {
        await judgement.save();
        savedAt = performance.now();
      }
      if (this.isStopped) return;
      if (events.length < EVENTS_AT_ONCE) await this.rest(IDLE_MS);
    }
  }

  private async rest(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }
}
