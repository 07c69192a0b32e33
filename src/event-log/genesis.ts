import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Config } from '../platform/config/config.js';
import { createClient } from '../platform/database/client.js';
import { DatabaseUrl } from '../platform/database/database-url.js';
import type { JsonObject } from '../platform/json.js';
import { CheckpointPublisher } from './anchoring/checkpoint-publisher.js';
import { readHistory } from './anchoring/log-history.js';
import { Submission, type Command } from './command.js';
import { GenesisParts, type GenesisRows } from './genesis-parts.js';
import type { EventReference } from './event.js';
import { LogKey } from './log-key.js';
import type { VerifierKey } from './note/vkey.js';
import { Spine } from './spine.js';
import { ROTATION, rotationPayload, type Succession } from './verification/succession.js';

/** Thrown at start when this replica's key or origin is not the log's. */
export class WrongLogError extends Error {}

interface GenesisPayload {
  readonly origin: string;
  readonly vkey: string;
}

/** Key of the advisory lock of the replica that begins a log or rotates its key. */
const START_LOCK = 1_763_900_010;

/**
 * Writes the first event of an empty log, rotates its key where a new one is configured, and refuses to run on a log that is
 * not this replica's or lost something that was signed.
 */
@Injectable()
export class Genesis implements OnApplicationBootstrap {
  private readonly logger = new Logger('genesis');

  constructor(
    private readonly spine: Spine,
    private readonly parts: GenesisParts,
    private readonly key: LogKey,
    private readonly config: Config,
    private readonly databaseUrl: DatabaseUrl,
    private readonly publisher: CheckpointPublisher,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await alone(this.databaseUrl.url, () => this.open());
    await this.publisher.start();
  }

  private async open(): Promise<void> {
    if ((await this.history()) === null) await this.begin();
    const history = await this.history();
    if (history?.key === null || history === null)
      throw new WrongLogError('the first event of the log could not be written; see the log lines above');
    const { origin, key } = history;
    if (origin !== this.config.logOrigin)
      throw new WrongLogError(`this database has the log "${origin}", but LOG_ORIGIN is "${this.config.logOrigin}"`);
    if (key.text !== this.key.vkey) await this.rotate(key);
  }

  private async begin(): Promise<void> {
    const rows = await this.parts.prepare();
    const event = await this.execute(genesisCommand({ origin: this.config.logOrigin, vkey: this.key.vkey }, rows));
    if (event) this.logger.log(`the log ${this.config.logOrigin} begins with event ${event.hash}`);
  }

  private async rotate(from: VerifierKey): Promise<void> {
    const { current, previous } = this.key;
    if (previous?.verifier.text !== from.text) {
      throw new WrongLogError(
        `LOG_SIGNING_KEY is not the key of this log: its key is ${from.text}; to replace it, give the old one as LOG_SIGNING_KEY_PREVIOUS`,
      );
    }
    const event = await this.execute(rotationCommand(rotationPayload(previous, current)));
    if (event === null)
      throw new WrongLogError('the rotation of the key could not be written; see the log lines above');
    this.logger.log(`event ${event.id}: the log is signed by ${current.verifier.text} from here on`);
  }

  private async execute(command: Command): Promise<EventReference | null> {
    const { event } = await this.spine.execute({
      submission: Submission.of(command),
      caller: { kind: 'system', id: 'substrate' },
      requestId: uuidv7(),
      instance: 'start',
    });
    return event;
  }

  private history(): Promise<Succession | null> {
    return readHistory((sql) => this.database.query(sql));
  }
}

/** Does something while no other replica that starts does. */
async function alone(url: string, work: () => Promise<void>): Promise<void> {
  const lock = createClient(url, 'job');
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [START_LOCK]);
    await work();
  } finally {
    await lock.end();
  }
}

/** The first event: the log's origin and key, and the rows that a new substrate starts with. Does nothing on a log that has begun. */
function genesisCommand(payload: GenesisPayload, rows: readonly GenesisRows[]): Command {
  return {
    type: 'substrate.genesis',
    permission: 'system',
    subject: null,
    payload: { ...payload },
    needs: [],
    decide: (_state, context) => {
      if (context.eventId !== 1) return { outcome: 'nothing' };
      return { outcome: 'succeeded', answer: {}, effects: rows.flatMap((make) => make(context)) };
    },
  };
}

/** The log is signed by another key from here on. */
function rotationCommand(payload: JsonObject): Command {
  return {
    type: ROTATION,
    permission: 'system',
    subject: null,
    payload,
    needs: [],
    decide: () => ({ outcome: 'succeeded', answer: {}, effects: [] }),
  };
}
