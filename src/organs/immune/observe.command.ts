import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import { AGENTS } from '../agents/index.js';
import { numericMembers, SERIES_MAX, type NumericMembers, type Severity } from './detection/observed-values.js';
import type { Observation } from './entities/observation.entity.js';
import { NOT_A_SENSOR, timeUnbelievable } from './immune.errors.js';
import { standingProblem } from './standing.rules.js';
import { OBSERVATIONS, SENSOR_SERIES } from './tables.js';

/** How far ahead of ours a sensor's clock may be, in seconds: clocks that nobody sets drift by minutes. */
export const AHEAD_SECONDS_MAX = 300;
/** How old an observation may be, in seconds: a sensor that was cut off for a week still brings what it has gathered. */
export const AGE_SECONDS_MAX = 604_800;

/** What a sensor says that it saw. */
export interface Observed {
  readonly agentId: string;
  readonly eventType: string;
  readonly data: JsonObject;
  readonly severity: Severity;
  /** Absent: now. */
  readonly observedAt?: Timestamp;
  /** Whether the data are about a person. */
  readonly personal: boolean;
}

/** A sensor reports something. Its numbers are watched as far as its series go. */
export function observeCommand(observed: Observed): Command {
  const { agentId, eventType, data, severity, observedAt, personal } = observed;
  // What is about a person stands beside the log, where detectors do not look.
  const numbers = numericMembers(data);
  const members = personal ? { paths: [], others: numbers.paths.length + numbers.others } : numbers;
  return {
    type: 'immune.observe',
    permission: 'actions.perform',
    subject: { type: 'agent', id: agentId },
    payload: {
      event_type: eventType,
      event_data: data,
      severity,
      ...(observedAt === undefined ? {} : { observed_at: observedAt }),
    },
    bulky: ['event_data'],
    personal: personal ? ['event_data'] : [],
    needs: [need(AGENTS, agentId), need(SENSOR_SERIES, agentId)],
    decide: (state, context) => decide(observed, members, state, context),
  };
}

function decide(observed: Observed, members: NumericMembers, state: State, context: DecisionContext): Decision {
  const { agentId, eventType, severity } = observed;
  const { now, eventId } = context;
  const observedAt = observed.observedAt ?? now;
  const problem = sensorProblem(state, agentId) ?? timeProblem(observedAt, now);
  if (problem) return { outcome: 'denied', problem };
  const { watched, effects } = watch(state, agentId, eventType, members.paths);
  const row: Observation = {
    id: context.newId(),
    agent_id: agentId,
    event_type: eventType,
    severity,
    observed_at: observedAt,
    watched,
    event_id: eventId,
  };
  return {
    outcome: 'succeeded',
    status: 201,
    effects: [inserted(OBSERVATIONS, row), ...effects],
    answer: {
      observation_id: row.id,
      watched: watched.length,
      unwatched: members.paths.length - watched.length + members.others,
    },
  };
}

function sensorProblem(state: State, agentId: string): Problem | null {
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  return standingProblem(agent) ?? (agent.type === 'sensor' ? null : NOT_A_SENSOR);
}

function timeProblem(observedAt: Timestamp, now: Timestamp): Problem | null {
  const [earliest, latest] = [plusSeconds(now, -AGE_SECONDS_MAX), plusSeconds(now, AHEAD_SECONDS_MAX)];
  return observedAt < earliest || observedAt > latest ? timeUnbelievable(observedAt, earliest, latest) : null;
}

/** Which of the paths are of a series of the sensor, new ones included for as long as it may have more. */
function watch(
  state: State,
  agentId: string,
  eventType: string,
  paths: readonly string[],
): { readonly watched: string[]; readonly effects: Effect[] } {
  const row = state.get(SENSOR_SERIES, agentId);
  const series = [...(row?.series ?? [])];
  const known = new Set(series);
  const watched = paths.filter((path) => {
    const name = `${eventType} ${path}`;
    if (known.has(name)) return true;
    if (series.length >= SERIES_MAX) return false;
    series.push(name);
    return true;
  });
  if (series.length === known.size) return { watched, effects: [] };
  const after = { agent_id: agentId, series };
  return { watched, effects: [row ? updated(SENSOR_SERIES, after) : inserted(SENSOR_SERIES, after)] };
}
