import { needVia, type Need, type State, type Via } from '../../event-log/working-set.js';
import type { ImmuneFinding } from './entities/immune-finding.entity.js';
import { FINDINGS } from './tables.js';

/** The newest finding that had an answer above `flag`; it is all that is loaded. */
const NEWEST_ANSWERED: Via = {
  name: 'newest-answered',
  sql: 'select unnest($1::text[])',
  only: `t.event_id = (select max(event_id) from immune_findings where mode = 'on' and answer <> 'flag')`,
};

/** The rows that `newestAnswered` reads. */
export function answeredNeeds(): Need[] {
  return [needVia(FINDINGS, 'mode', NEWEST_ANSWERED, ['on'])];
}

/** The newest finding that had an answer above `flag`, those of the same batch included; null: there was none. */
export function newestAnswered(state: State): Readonly<ImmuneFinding> | null {
  const answered = state.find(FINDINGS, 'mode', 'on').filter((finding) => finding.answer !== 'flag');
  return answered.reduce<Readonly<ImmuneFinding> | null>(
    (newest, each) => (newest === null || each.event_id > newest.event_id ? each : newest),
    null,
  );
}
