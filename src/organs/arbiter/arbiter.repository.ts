import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { StateReader } from '../../event-log/state-reader.js';
import { cursorKey, pageOf, type Page, type PageQuery } from '../../platform/http/paging.js';
import { EVENT_ID } from '../../platform/http/patterns.js';
import { presentPolicy, stateOf, TRANSITIONS } from './arbiter.rules.js';
import type { StateDto, StateMoveDto } from './dto/state.dto.js';
import type { StatePolicyDto } from './dto/state-policy.dto.js';
import { STATES } from './entities/substrate-state.entity.js';
import { STATE_POLICIES } from './state-policies.js';
import { inWords } from './state-words.js';
import { systemMoveNeeds, systemOutlook } from './system-move.rules.js';

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
    const { state, now } = await this.states.read(systemMoveNeeds());
    const { id: _id, ...row } = stateOf(state);
    const policy = presentPolicy(state);
    const { to, from } = systemOutlook(state);
    return {
      ...row,
      changes: { in_words: inWords(policy), policy },
      allowed_transitions: TRANSITIONS[row.current_state],
      system_may_move_to: to,
      may_leave_at: from,
      timestamp: now,
    };
  }

  /** What each state does, in the order of the states. */
  async policies(): Promise<{ items: StatePolicyDto[]; next_cursor: null }> {
    const rows = await this.states.rows(STATE_POLICIES, 'true');
    const items = rows.toSorted((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    return { items, next_cursor: null };
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
