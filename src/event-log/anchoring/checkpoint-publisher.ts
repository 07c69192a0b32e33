import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { Config } from '../../platform/config/config.js';
import { createClient } from '../../platform/database/client.js';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { every, type Repeated } from '../../platform/every.js';
import { TileReader } from '../merkle/tile-reader.js';
import { BrokenPromiseError } from './anchoring.errors.js';
import { CheckpointSigner } from './checkpoint-signer.js';
import { CheckpointRepository, type StoredCheckpoint } from './checkpoint.repository.js';
import { FileSink } from './file-sink.js';
import { Spine } from '../spine.js';
import type { Sink } from './sink.js';
import { WitnessSink } from './witness-sink.js';

/** How often a replica looks whether a checkpoint is due, in ms. */
const LOOK_MS = 200;
/** Age of the newest checkpoint, in ms, from which events behind it get a new one: with a look, less than a second. */
const DUE_MS = 500;
/** Events that get a checkpoint at once, however young the newest is. */
const DUE_EVENTS = 4_096;
/** Longest pause before a sink that fails is tried again, in ms; the first is a second, then twice as long each time. */
const PAUSE_MAX_MS = 60_000;
/** How often a replica tries to become the one that publishes, in ms. */
const LEAD_MS = 2_000;
/** Key of the advisory lock of the replica that publishes. */
const PUBLISH_LOCK = 1_763_900_009;

interface Patience {
  failures: number;
  /** Not before this moment of `performance.now()`. */
  notBefore: number;
}

/**
 * Has a checkpoint signed within a second of an event, and brings it to every sink; one replica does that at a time. A sink that fails
 * is tried again, is visible in health and metrics, and stops nothing: but one that has a checkpoint which the log does not
 * go on from stops everything.
 */
@Injectable()
export class CheckpointPublisher implements OnModuleDestroy {
  private readonly logger = new Logger('checkpoints');
  private readonly sinks: readonly Sink[];
  private readonly patience = new Map<Sink, Patience>();
  private readonly loops: Repeated[] = [];
  private leader: pg.Client | null = null;
  private lastSigned = 0;
  private published = 0;
  private nextTry = 0;

  constructor(
    config: Config,
    private readonly database: DatabaseUrl,
    private readonly spine: Spine,
    private readonly signer: CheckpointSigner,
    private readonly checkpoints: CheckpointRepository,
    tiles: TileReader,
  ) {
    const history = async () => (await signer.read()).history;
    this.sinks = [
      ...(config.checkpointFile === null ? [] : [new FileSink(config.checkpointFile, checkpoints, history)]),
      ...config.witnesses.map((witness) => new WitnessSink(witness, tiles, signer)),
    ];
    if (config.environment === 'production' && this.sinks.length === 0)
      this.logger.warn('no CHECKPOINT_FILE and no WITNESSES: a database that lost events would go unnoticed');
  }

  /**
   * Compares the log with what the sinks have of it, then begins.
   * @throws BrokenPromiseError when the log does not go on from what a sink has
   */
  async start(): Promise<void> {
    await this.checkpoints.keepSinks(this.sinks.map(({ name }) => name));
    for (const sink of this.sinks) {
      const newest = await sink.newest().catch((error: unknown) => {
        this.logger.warn({ err: error, sink: sink.name }, 'the sink does not say what it has');
        return null;
      });
      if (newest) await this.signer.compare(newest, sink.name);
    }
    await this.signer.now();
    // A witness tells what it has only when it is offered more.
    await this.publish();
    const { haltedBecause } = this.spine;
    if (haltedBecause !== null) throw new BrokenPromiseError(haltedBecause);
    this.loops.push(
      every(LOOK_MS, () => this.sign(), this.report('no checkpoint was signed')),
      every(LOOK_MS, () => this.publish(), this.report('checkpoints were not published')),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.leader?.end().catch(() => undefined);
  }

  private report(words: string): (error: unknown) => void {
    let last = '';
    return (error) => {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== last) this.logger.error({ err: error }, words);
      last = message;
    };
  }

  private async sign(): Promise<void> {
    const { head } = await this.signer.orHalt(() => this.signer.read());
    const newest = await this.checkpoints.newest();
    const behind = head.size - (newest?.size ?? 0);
    if (behind === 0) return;
    // A smaller head is none of our business to wait for: the signer will say so.
    if (behind > 0 && behind < DUE_EVENTS && performance.now() - this.lastSigned < DUE_MS) return;
    this.lastSigned = performance.now();
    await this.signer.now();
  }

  private async publish(): Promise<void> {
    if (!(await this.leads())) return;
    const newest = await this.checkpoints.newest();
    if (newest === null) return;
    await Promise.all(this.sinks.map((sink) => this.deliver(sink, newest)));
    if (newest.size > this.published) await this.checkpoints.markPublished(newest.size);
    this.published = newest.size;
  }

  private async deliver(sink: Sink, newest: StoredCheckpoint): Promise<void> {
    const patience = this.patience.get(sink) ?? { failures: 0, notBefore: 0 };
    this.patience.set(sink, patience);
    if (performance.now() < patience.notBefore || (patience.failures === 0 && newest.size === this.published)) return;
    const { name, kind } = sink;
    try {
      const { size, cosignature } = await this.signer.orHalt(() => sink.deliver(newest));
      if (cosignature !== undefined) await this.checkpoints.keepCosignature(size, name, cosignature);
      await this.checkpoints.sinkWorks(name, kind, size);
      if (patience.failures > 0) this.logger.log({ sink: name }, 'the sink works again');
      patience.failures = 0;
    } catch (error) {
      patience.failures += 1;
      patience.notBefore = performance.now() + Math.min(1_000 * 2 ** (patience.failures - 1), PAUSE_MAX_MS);
      const words = error instanceof Error ? error.message : String(error);
      if (patience.failures === 1 || error instanceof BrokenPromiseError)
        this.logger.error({ err: error, sink: name }, 'a sink did not take a checkpoint; it is tried again');
      await this.checkpoints.sinkFails(name, kind, words);
    }
  }

  /** Whether this replica publishes: it holds a lock for as long as its connection lives. */
  private async leads(): Promise<boolean> {
    if (this.leader || this.sinks.length === 0) return true;
    if (performance.now() < this.nextTry) return false;
    this.nextTry = performance.now() + LEAD_MS;
    const client = createClient(this.database.url, 'job');
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [PUBLISH_LOCK]);
    if (rows[0]?.held !== true) {
      await client.end();
      return false;
    }
    client.on('end', () => (this.leader = null));
    this.leader = client;
    this.published = 0;
    return true;
  }
}
