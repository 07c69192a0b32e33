import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { StateReader } from '../../event-log/state-reader.js';
import { cursorKey, pageOf, type Page, type PageQuery } from '../../platform/http/paging.js';
import { EVENT_ID } from '../../platform/http/patterns.js';
import { stateNeeds, stateOf, TRANSITIONS } from './arbiter.rules.js';
import type { StateDto, StateMoveDto } from './dto/state.dto.js';

interface MoveBody {
  readonly id: number;
  readonly occurred_at: string;
  readonly actor: { readonly id: string };
  readonly payload: Pick<StateMoveDto, 'from_state' | 'to_state' | 'trigger'>;
}

/** Reads the state, and its moves from the log. */
@Injectable()
export class ArbiterRepository {
  constructor(
    private readonly states: StateReader,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  async state(): Promise<StateDto> {
    const { state, now } = await this.states.read(stateNeeds());
    const { id: _id, ...row } = stateOf(state);
    return { ...row, allowed_transitions: TRANSITIONS[row.current_state], timestamp: now };
  }

  /** The moves of the state, latest first. */
  async history(query: PageQuery): Promise<Page<StateMoveDto>> {
    const before = cursorKey(query.cursor, (key) => EVENT_ID.test(key));
    const rows = await this.database.query<{ body: string }[]>(
      `select body from event_log where type = 'arbiter.transition' and outcome = 'succeeded'
       and ($1::bigint is null or id < $1) order by id desc limit $2`,
      [before, query.limit + 1],
    );
    const bodies = rows.map((row) => JSON.parse(row.body) as MoveBody);
    return pageOf(
      bodies,
      query.limit,
      (e) => String(e.id),
      ({ id, occurred_at, actor, payload }) => ({
        event_id: id,
        from_state: payload.from_state,
        to_state: payload.to_state,
        trigger: payload.trigger,
        moved_by: actor.id,
        occurred_at,
      }),
    );
  }
}
