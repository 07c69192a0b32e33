import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { HOLDS, type Hold } from '../../metabolism/index.js';
import type { PermittedAction } from './permit.js';

/** Actions whose leases one heartbeat renews, the newest ones: some 80 KiB of answer. */
export const RENEWALS_MAX = 100;

/** An action with what a permit says of it. */
export interface RunningAction {
  readonly hold: Hold;
  readonly permitted: PermittedAction;
}

interface Extra {
  readonly event_hash: string;
  readonly payload_sha256: string | null;
  readonly is_erased: boolean;
}

/**
 * What the log says of holds `h`. The digest of a payload is that of its text in the body, the one that the body has (too large),
 * or that of the text beside it (about a person); the body is canonical, so each part of it is. `offset 0` has it parsed once.
 */
const RECORDED = `
  select encode(e.hash, 'hex') as event_hash,
    coalesce(
      p.payload ->> 'payload_sha256',
      encode(sha256(convert_to(coalesce((p.payload -> 'payload')::text, t.text), 'UTF8')), 'hex')
    ) as payload_sha256,
    p.payload -> 'payload_salted' is not null and t.text is null as is_erased
  from event_log e
  cross join lateral (select e.body::json -> 'payload' as payload offset 0) p
  left join event_texts t on t.id = e.id || '/payload' and t.salt is not null
  where e.id = h.event_id`;

const COLUMNS = HOLDS.columns.map(({ name }) => `h."${name}"`).join(', ');

/** Reads begun actions with what their permits say, which is in the log. An action whose payload is erased has no permit any more. */
@Injectable()
export class RunningActionsRepository {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** An action, or null when it is not there or its payload is erased. */
  async one(actionId: string): Promise<RunningAction | null> {
    const [action] = await this.read('h.action_id = $1::uuid', [actionId]);
    return action ?? null;
  }

  /** The newest begun, open actions of an agent. What it was told to stop is not among them, whatever became of the agent since. */
  runningOf(agentId: string): Promise<RunningAction[]> {
    return this.read(
      `h.agent_id = $1 and h.status = 'authorized' and h.begun_at is not null and h.expires_at > clock_timestamp()
         and not exists (select from stop_orders o where o.agent_id = h.agent_id and o.requested_at >= h.begun_at)
       order by h.action_id desc limit $2`,
      [agentId, RENEWALS_MAX],
    );
  }

  private async read(where: string, values: readonly unknown[]): Promise<RunningAction[]> {
    const raw = await this.database.query<(Record<string, unknown> & Extra)[]>(
      `select ${COLUMNS}, x.* from (select * from holds h where ${where}) h cross join lateral (${RECORDED}) x
       order by h.action_id desc`,
      [...values],
    );
    return raw.filter((row) => !row.is_erased).map((row) => runningAction(HOLDS.decode(row), row));
  }
}

function runningAction(hold: Hold, { event_hash: hash, payload_sha256: payloadSha256 }: Extra): RunningAction {
  const { action_id: actionId, agent_id: agentId, action_type: actionType, event_id: id } = hold;
  return { hold, permitted: { actionId, agentId, actionType, payloadSha256, event: { id, hash } } };
}
