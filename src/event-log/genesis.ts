import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Config } from '../platform/config/config.js';
import { Submission, type Command } from './command.js';
import { GenesisParts, type GenesisRows } from './genesis-parts.js';
import { LogKey } from './log-key.js';
import { Spine } from './spine.js';

/** Thrown at start when this replica's key or origin is not the log's. */
export class WrongLogError extends Error {}

interface GenesisPayload {
  readonly origin: string;
  readonly vkey: string;
}

/** Writes the first event of an empty log, and refuses to run on a log that is not this replica's. */
@Injectable()
export class Genesis implements OnApplicationBootstrap {
  private readonly logger = new Logger('genesis');

  constructor(
    private readonly spine: Spine,
    private readonly parts: GenesisParts,
    private readonly key: LogKey,
    private readonly config: Config,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if ((await this.first()) === null) await this.begin();
    const payload = await this.first();
    if (payload === null)
      throw new WrongLogError('the first event of the log could not be written; see the log lines above');
    if (payload.origin !== this.config.logOrigin) {
      throw new WrongLogError(
        `this database has the log "${payload.origin}", but LOG_ORIGIN is "${this.config.logOrigin}"`,
      );
    }
    if (payload.vkey !== this.key.vkey) {
      throw new WrongLogError(`LOG_SIGNING_KEY is not the key of this log: its key is ${payload.vkey}`);
    }
  }

  private async begin(): Promise<void> {
    const rows = await this.parts.prepare();
    const reply = await this.spine.execute({
      submission: Submission.of(genesisCommand({ origin: this.config.logOrigin, vkey: this.key.vkey }, rows)),
      caller: { kind: 'system', id: 'substrate' },
      requestId: uuidv7(),
      instance: 'start',
    });
    if (reply.event) this.logger.log(`the log ${this.config.logOrigin} begins with event ${reply.event.hash}`);
  }

  private async first(): Promise<GenesisPayload | null> {
    const [row] = await this.database.query<{ body: string }[]>('select body from event_log where id = 1');
    return row ? (JSON.parse(row.body) as { payload: GenesisPayload }).payload : null;
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
