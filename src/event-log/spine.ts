import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { createClient } from '../platform/database/client.js';
import { isConnectionLoss, isRetryable } from '../platform/database/sqlstate.js';
import { problemDocument, type Problem } from '../platform/errors/problem.js';
import { plusSeconds, type Timestamp } from '../platform/time.js';
import { abandonBatch, commitBatch, openBatch } from './batch-store.js';
import type { Command, Reply } from './command.js';
import { decideBatch, type BatchContext, type DecidedBatch, type Envelope } from './decide-batch.js';
import { DenialMeter } from './denial-meter.js';
import type { NewEvent } from './event-writer.js';
import type { Gate } from './gate.js';
import { IdempotencyLedger, idempotencyId } from './idempotency.js';
import { RowsMissing, type Need } from './working-set.js';

/** Commands that may wait; more would wait longer than a client does. */
export const QUEUE_COMMANDS_MAX = 8_192;
/** Commands in one transaction, unless one request alone has more: keeps the head's lock to tens of ms. */
export const BATCH_COMMANDS_MAX = 512;
/** How long a batch tries to get the head, or a working database, in ms. */
const RETRY_MS = 2_500;
/** Pause between attempts, in ms. */
const RETRY_PAUSE_MS = 25;
/** How long the outcome of a lost commit is looked up, in ms. */
const LOOKUP_MS = 5_000;

/** A batch that was committed. */
export interface CommittedBatch {
  readonly commands: number;
  readonly events: readonly NewEvent[];
  /** From the first attempt to the commit. */
  readonly milliseconds: number;
}

/** Told by the spine of what happened, after commit. */
export interface SpineObserver {
  /** A rule threw, or the database refused what a command wanted to write. */
  readonly fault: (error: unknown, command: Command | null, requestId: string) => void;
  /** A batch was committed. */
  readonly committed: (batch: CommittedBatch) => void;
}

/** What a spine needs. */
export interface SpineOptions {
  readonly url: string;
  readonly gate: Gate;
  readonly observer: SpineObserver;
  /** Commands in one transaction; the benchmark compares 1 with the default. */
  readonly batchCommandsMax?: number;
}

interface Waiting {
  readonly envelope: Envelope;
  readonly needs: readonly Need[];
  readonly idempotencyIds: readonly string[];
  readonly commands: number;
  readonly resolve: (reply: Reply) => void;
}

const OVERLOADED = unavailable('SPINE.OVERLOADED', 'too many commands are waiting; nothing was done, try again');
const BUSY = unavailable('SPINE.BUSY', 'the log could not be written in time; nothing was done, try again');
const STOPPING = unavailable('SPINE.STOPPING', 'this server is stopping; nothing was done, try again');
const OUTCOME_UNKNOWN = unavailable(
  'SPINE.OUTCOME_UNKNOWN',
  'the database was lost during the commit: the command may or may not have been done; ask again with the same Idempotency-Key',
);

/**
 * The only writer. Waiting commands go into one transaction together: lock the head, load what they touch, decide them
 * in order, write each table and the log once, commit, answer. There is no timer: an idle spine takes a command at once,
 * a busy one takes all that came meanwhile. One lock and one fsync so serve a whole batch, and commit order is chain order.
 */
export class Spine {
  private readonly queue: Waiting[] = [];
  private waitingCommands = 0;
  private pumping: Promise<void> | null = null;
  private stopping = false;
  private halted: Problem | null = null;
  private client: pg.Client | null = null;
  private clock: { readonly now: Timestamp; readonly at: number } | null = null;
  private readonly denials = new DenialMeter();

  constructor(private readonly options: SpineOptions) {}

  /** Commands that wait for a batch. */
  get queueDepth(): number {
    return this.waitingCommands;
  }

  /** Decides a request's commands in one transaction. Never throws: what goes wrong is a reply. */
  execute(envelope: Envelope): Promise<Reply> {
    const commands = envelope.submission.commands.length;
    if (this.stopping) return Promise.resolve(replyTo(envelope, STOPPING));
    if (this.halted) return Promise.resolve(replyTo(envelope, this.halted));
    if (this.waitingCommands + commands > QUEUE_COMMANDS_MAX) return Promise.resolve(replyTo(envelope, OVERLOADED));
    return new Promise((resolve) => {
      this.queue.push({ envelope, commands, resolve, ...this.readsOf(envelope) });
      this.waitingCommands += commands;
      this.pumping ??= this.pump();
    });
  }

  /** Why nothing is decided any more, or null. */
  get haltedBecause(): string | null {
    return this.halted?.detail ?? null;
  }

  /** Decides nothing any more, until the process starts again: the log is not what it was. */
  halt(reason: string): void {
    this.halted ??= unavailable('SPINE.HALTED', reason);
  }

  /** Refusals that were answered 429 and are to be counted by an event: of windows that are over, or of all. */
  suppressedDenials(all: boolean): ReturnType<DenialMeter['drain']> {
    if (all || this.clock === null) return this.denials.drain(null);
    const { now, at } = this.clock;
    return this.denials.drain(plusSeconds(now, (performance.now() - at) / 1000));
  }

  /** Answers what was accepted, takes no more, and lets go of the database. */
  async close(): Promise<void> {
    this.stopping = true;
    await this.pumping;
    await this.client?.end().catch(() => undefined);
    this.client = null;
  }

  private readsOf({ submission, caller, idempotency }: Envelope): Pick<Waiting, 'needs' | 'idempotencyIds'> {
    const keys = [idempotency, ...submission.commands.map((c) => c.idempotency)];
    return {
      needs: [...this.options.gate.needs(caller), ...submission.commands.flatMap((c) => c.command.needs)],
      idempotencyIds: keys.flatMap((i) => (i ? [idempotencyId(caller, i.key)] : [])),
    };
  }

  private async pump(): Promise<void> {
    // Requests parsed in the same turn of the event loop come along.
    await new Promise(setImmediate);
    while (this.queue.length > 0) await this.run(this.take(), performance.now() + RETRY_MS);
    this.pumping = null;
  }

  private take(): Waiting[] {
    const max = this.options.batchCommandsMax ?? BATCH_COMMANDS_MAX;
    let commands = 0;
    let n = 0;
    for (const waiting of this.queue) {
      if (n > 0 && commands + waiting.commands > max) break;
      commands += waiting.commands;
      n += 1;
    }
    this.waitingCommands -= commands;
    return this.queue.splice(0, n);
  }

  /** Runs a batch until it is answered: again after a passing fault, one by one when the database refuses its content. */
  private async run(batch: readonly Waiting[], deadline: number): Promise<void> {
    const started = performance.now();
    const more: Need[] = [];
    for (;;) {
      const { decided, error } = await this.attempt(batch, more);
      if (error instanceof RowsMissing) {
        if (performance.now() > deadline) return answerAll(batch, BUSY);
        more.push(...error.needs);
        continue;
      }
      const outcome = await this.outcomeOf(decided, error);
      if (outcome === 'committed' && decided) return this.answer(batch, decided, performance.now() - started);
      if (outcome === 'unknown') return answerAll(batch, OUTCOME_UNKNOWN);
      // Nothing of it is there: its refusals are counted when it is decided again.
      if (decided) this.denials.rewind();
      if (!isRetryable(error)) return this.isolate(batch, error);
      if (performance.now() > deadline) return answerAll(batch, BUSY);
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }

  private answer(batch: readonly Waiting[], { replies, writer }: DecidedBatch, milliseconds: number): void {
    batch.forEach((waiting, i) => waiting.resolve(replies[i] ?? replyTo(waiting.envelope, OUTCOME_UNKNOWN)));
    const commands = batch.reduce((sum, w) => sum + w.commands, 0);
    this.options.observer.committed({ commands, events: writer.events, milliseconds });
  }

  /** The database refused something in this batch: each request alone, and the one that fails alone is recorded as failed. */
  private async isolate(batch: readonly Waiting[], error: unknown): Promise<void> {
    const [first] = batch;
    if (batch.length === 1 && first) {
      this.options.observer.fault(error, null, first.envelope.requestId);
      if (first.envelope.broken)
        return answerAll(batch, {
          status: 500,
          code: 'SPINE.FAILED',
          detail: 'the command broke and could not be recorded',
        });
      return this.run([{ ...first, envelope: { ...first.envelope, broken: true } }], performance.now() + RETRY_MS);
    }
    for (const waiting of batch) await this.run([waiting], performance.now() + RETRY_MS);
  }

  /** One attempt at the whole batch: what was decided, as far as it came, and what went wrong. */
  private async attempt(
    batch: readonly Waiting[],
    more: readonly Need[],
  ): Promise<{ decided: DecidedBatch | null; error: unknown }> {
    let decided: DecidedBatch | null = null;
    try {
      const client = await this.connect();
      const needs = [...batch.flatMap((w) => w.needs), ...more];
      const loaded = await openBatch(
        client,
        needs,
        batch.flatMap((w) => w.idempotencyIds),
      );
      this.clock = { now: loaded.now, at: performance.now() };
      const idempotency = new IdempotencyLedger(loaded.idempotency);
      const { gate, observer } = this.options;
      const context = { ...loaded, idempotency, gate, denials: this.denials, newId: uuidv7, onFault: observer.fault };
      decided = await this.decide(client, batch, context);
      const { events, detached, head } = decided.writer;
      if (events.length === 0) await abandonBatch(client);
      else
        await commitBatch(client, {
          events,
          detached,
          head,
          changes: loaded.state.changes(),
          idempotency: idempotency.additions,
        });
      return { decided, error: null };
    } catch (error) {
      if (!(error instanceof RowsMissing)) this.disconnect();
      return { decided, error };
    }
  }

  /** The decisions of an open transaction; where one cannot be made, no refusal counts, and where it needs more rows, it is given up. */
  private async decide(client: pg.Client, batch: readonly Waiting[], context: BatchContext): Promise<DecidedBatch> {
    try {
      return decideBatch(
        batch.map((w) => w.envelope),
        context,
      );
    } catch (error) {
      this.denials.rewind();
      if (error instanceof RowsMissing) await abandonBatch(client);
      throw error;
    }
  }

  /**
   * What became of a batch. Where the answer to its commit was lost, whoever holds the head's lock sees the final state: a
   * transaction of ours that were still open would hold that lock itself.
   */
  private async outcomeOf(decided: DecidedBatch | null, error: unknown): Promise<'committed' | 'absent' | 'unknown'> {
    if (error === null) return 'committed';
    const last = decided?.writer.events.at(-1);
    if (!last || !isConnectionLoss(error)) return 'absent';
    for (const deadline = performance.now() + LOOKUP_MS; performance.now() < deadline;) {
      try {
        const client = await this.connect();
        await client.query('begin');
        await client.query('select event_id from log_head for update');
        const { rows } = await client.query<{ hash: Buffer }>('select hash from event_log where id = $1', [last.id]);
        await client.query('rollback');
        return rows[0]?.hash.equals(last.leaf) ? 'committed' : 'absent';
      } catch {
        this.disconnect();
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
    return 'unknown';
  }

  private async connect(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = createClient(this.options.url, 'spine', { pipeline: true });
    await client.connect();
    client.on('end', () => {
      if (this.client === client) this.client = null;
    });
    this.client = client;
    return client;
  }

  /** After any error the connection is not trusted any more: the server rolls back what it left open. */
  private disconnect(): void {
    const client = this.client;
    this.client = null;
    void client?.end().catch(() => undefined);
  }
}

function answerAll(batch: readonly Waiting[], problem: Problem): void {
  for (const { envelope, resolve } of batch) resolve(replyTo(envelope, problem));
}

function replyTo({ instance, requestId }: Envelope, problem: Problem): Reply {
  const body = JSON.stringify(problemDocument(problem, instance, requestId));
  const reply: Reply = { status: problem.status, body, replayed: false, event: null };
  return problem.retryAfter === undefined ? reply : { ...reply, retryAfter: problem.retryAfter };
}

function unavailable(code: string, detail: string): Problem {
  return { status: 503, code, detail, retryAfter: 1 };
}
