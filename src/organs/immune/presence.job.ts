import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import { Submission, type Command } from '../../event-log/command.js';
import { Spine } from '../../event-log/spine.js';
import { StateReader } from '../../event-log/state-reader.js';
import { every, type Repeated } from '../../platform/every.js';
import { timestampOfPostgres } from '../../platform/time.js';
import { SUBSTRATE_SCOPE } from '../metabolism/index.js';
import { returnCommand, silenceCommand } from './presence.commands.js';
import { POLICIES } from './tables.js';

/** Pause between two looks, in ms: silence is found within a second of its window. */
const LOOK_MS = 1_000;
/** A replica whose last look is older was out of reach, in seconds: five looks missed. */
const STALL_SECONDS = 5;
/** Agents that one look takes on; the next takes the rest. */
const AGENTS_MAX = 500;

interface Heard {
  readonly agent_id: string;
  readonly last_seen: string;
}

/**
 * Tells the log when an agent's heartbeats are missed, and when they come again. Silence counts only from when every
 * replica could be reached: an agent is not to blame for an outage of ours. Any replica may tell; the log hears it once.
 */
@Injectable()
export class PresenceJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('presence');
  private readonly replica = uuidv7();
  private loop: Repeated | null = null;

  constructor(
    private readonly bookkeeping: BookkeepingRepository,
    private readonly states: StateReader,
    private readonly spine: Spine,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      LOOK_MS,
      () => this.look(),
      (error) => this.logger.warn({ err: error }, 'heartbeats are looked at in the next round'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
    await this.bookkeeping.endPulse(this.replica).catch(() => undefined);
  }

  private async look(): Promise<void> {
    const reachableFor = await this.bookkeeping.pulse(this.replica, STALL_SECONDS);
    const heard = await this.database.query<Heard[]>(
      `select agent_id, p.last_seen from agents a join agent_presence p using (agent_id)
       where a.silent_since is not null and a.status <> 'terminated' and p.last_seen > a.silent_since limit ${AGENTS_MAX}`,
    );
    await this.tell(heard.map((row) => returnCommand(row.agent_id, timestampOfPostgres(row.last_seen))));
    const window = await this.silenceWindow();
    if (window === null || reachableFor < window) return;
    const silent = await this.database.query<Heard[]>(
      `select agent_id, p.last_seen from agents a join agent_presence p using (agent_id)
       where a.status = 'active' and a.silent_since is null
         and greatest(p.last_seen, a.status_since) < clock_timestamp() - make_interval(secs => $1) limit ${AGENTS_MAX}`,
      [window],
    );
    await this.tell(silent.map((row) => silenceCommand(row.agent_id, timestampOfPostgres(row.last_seen), window)));
  }

  /** The window of the policy on silence, in seconds; null where nobody wants to know. */
  private async silenceWindow(): Promise<number | null> {
    const where = `detector = 'silence' and scope = $1 and mode <> 'off'`;
    const [policy] = await this.states.rows(POLICIES, where, [SUBSTRATE_SCOPE]);
    return policy?.window_seconds ?? null;
  }

  private async tell(commands: readonly Command[]): Promise<void> {
    const requestId = uuidv7();
    const caller = { kind: 'system', id: 'agents' } as const;
    await Promise.all(
      commands.map((command) =>
        this.spine.execute({ submission: Submission.of(command), caller, requestId, instance: 'presence' }),
      ),
    );
  }
}
