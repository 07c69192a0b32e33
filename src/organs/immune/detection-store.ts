import type pg from 'pg';
import type { JsonObject } from '../../platform/json.js';
import type { DetectorEngine } from './detection/engine.js';

/** Counts the changes of what is saved: what an older server saved is not read, and the log is judged again from its beginning. */
const SAVED_VERSION = 3;
/** Characters of states that one statement writes, and the agents that it writes at most. */
const STATE_AT_ONCE = 1_000_000;
const AGENTS_AT_ONCE = 200;

/** Keeps what the detectors know in the database: how far they came, and what rests of each agent. */
export class DetectionStore {
  constructor(private readonly client: pg.Client) {}

  /** The event that what was saved is as of, and what is known beyond single agents; 0 and null before the first saving. */
  async saved(): Promise<{ readonly eventId: number; readonly shared: JsonObject | null }> {
    const { rows } = await this.client.query<{ saved_event_id: number; shared: string | null }>(
      'select saved_event_id, shared from immune_progress',
    );
    const [row] = rows;
    if (row?.shared) {
      const { version, shared } = JSON.parse(row.shared) as { version: number; shared: JsonObject };
      if (version === SAVED_VERSION) return { eventId: row.saved_event_id, shared };
    }
    await this.client.query('delete from immune_series');
    return { eventId: 0, shared: null };
  }

  /** What rests of these agents. */
  async series(agentIds: readonly string[]): Promise<Map<string, JsonObject>> {
    const { rows } = await this.client.query<{ agent_id: string; state: string }>(
      'select agent_id, state from immune_series where agent_id = any($1::text[])',
      [agentIds],
    );
    return new Map(rows.map((row) => [row.agent_id, JSON.parse(row.state) as JsonObject]));
  }

  /**
   * The event up to which all findings are recorded: what is found again about events up to there is no news. A database that
   * knows no progress, such as one rebuilt from an export, has it from the newest finding that was made here.
   */
  async recordedUpTo(): Promise<number> {
    const { rows } = await this.client.query<{ id: number }>(
      `select coalesce((select judged_event_id from immune_progress),
                       (select max(evidence[array_upper(evidence, 1)]) - 1 from immune_findings
                        where detector <> 'budget_refusals'), 0) as id`,
    );
    return rows[0]?.id ?? 0;
  }

  /** Notes how far the log is judged; judging a part of it again takes nothing back. */
  async note(eventId: number): Promise<void> {
    await this.client.query(
      `insert into immune_progress (judged_event_id, judged_at, saved_event_id) values ($1, clock_timestamp(), 0)
       on conflict (singleton) do update set judged_at = excluded.judged_at,
         judged_event_id = greatest(immune_progress.judged_event_id, excluded.judged_event_id)`,
      [eventId],
    );
  }

  /** Saves what changed since the last saving, in one transaction. */
  async save(engine: DetectorEngine, eventId: number): Promise<void> {
    const changed = engine.takeDirty();
    await this.client.query('begin');
    let [agentIds, states, size]: [string[], string[], number] = [[], [], 0];
    for (const [i, agentId] of changed.entries()) {
      const state = JSON.stringify(engine.save(agentId));
      agentIds.push(agentId);
      states.push(state);
      size += state.length;
      if (size < STATE_AT_ONCE && agentIds.length < AGENTS_AT_ONCE && i < changed.length - 1) continue;
      await this.write(agentIds, states);
      [agentIds, states, size] = [[], [], 0];
    }
    await this.client.query('update immune_progress set saved_event_id = $1, shared = $2', [
      eventId,
      JSON.stringify({ version: SAVED_VERSION, shared: engine.shared() }),
    ]);
    await this.client.query('commit');
  }

  private async write(agentIds: readonly string[], states: readonly string[]): Promise<void> {
    await this.client.query(
      `insert into immune_series (agent_id, state) select * from unnest($1::text[], $2::text[])
       on conflict (agent_id) do update set state = excluded.state`,
      [agentIds, states],
    );
  }
}
