import { hash } from 'node:crypto';
import type { JsonValue } from '../../../platform/json.js';
import { timestampOfRfc3339, type Timestamp } from '../../../platform/time.js';
import type { AgentStatus, AgentType } from '../../agents/index.js';
import { EventText } from './event-text.js';
import type { Fact, Quantity } from './fact.js';
import { numberAt, SEVERITIES } from './observed-values.js';
import { policyOf } from './policy-row.js';
import { asObject, savedObject, savedText, savedTexts } from './saved-state.js';

/** A row of the log, as much of it as facts are read from. */
export interface EventRow {
  readonly id: number;
  readonly type: string;
  readonly outcome: string;
  readonly actor_id: string;
  readonly subject_id: string | null;
  /** RFC 3339. */
  readonly occurred_at: string;
  readonly body: string;
}

// Said again here: the organ of the agents brings a database along, and this is for who has none.
const TYPES: readonly AgentType[] = ['sensor', 'task', 'reflex'];
const STATUSES: readonly AgentStatus[] = ['active', 'quarantined', 'terminated'];

type Told = Pick<Fact, 'eventId' | 'at' | 'occurredAt'>;
type Reading = (row: EventRow, told: Told, text: EventText) => readonly Fact[];

/** What an event tells detectors; nothing for most, and for a body that is none. Never throws. */
export function factsOf(row: EventRow): readonly Fact[] {
  const reading = row.outcome === 'denied' ? refused : row.outcome === 'succeeded' ? READINGS.get(row.type) : undefined;
  if (!reading) return [];
  try {
    const text = new EventText(row.body, row.id);
    const occurredAt = momentOf(row.occurred_at);
    if (!text.isWhole || occurredAt === null) return [];
    return reading(row, { eventId: row.id, at: Date.parse(occurredAt), occurredAt }, text);
  } catch {
    return [];
  }
}

const READINGS: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['actions.authorize', authorized],
  ['actions.complete', ended],
  ['actions.expire', expired],
  ['metabolism.charge', charged],
  ['metabolism.debt', indebted],
  ['metabolism.create_scope', placed],
  ['metabolism.change_scope', placed],
  ['agents.register', registered],
  ['agents.silence', (row, told) => heartbeat('silent', row, told)],
  ['agents.return', (row, told) => heartbeat('returned', row, told)],
  ['immune.observe', observed],
  ['immune.quarantine', standing],
  ['immune.release', standing],
  ['immune.terminate', standing],
  ['immune.finding', found],
  ['immune.set_policy', policies],
  ['arbiter.transition', states],
  ['arbiter.set_state_policy', states],
  ['substrate.genesis', (row, told, text) => [...policies(row, told, text), ...states(row, told, text)]],
]);

function authorized(row: EventRow, told: Told, text: EventText): readonly Fact[] {
  const { actor_id: agentId, subject_id: actionId } = row;
  if (actionId === null || !text.isByAgent(agentId)) return [];
  const actionType = text.firstText('action_type');
  if (actionType === null) return [];
  const held = text.quantitiesIn('amounts');
  const fingerprint = fingerprintOf(actionType, text.payloadText);
  return [{ ...told, kind: 'authorized', agentId, actionId, actionType, fingerprint, held }];
}

function ended(row: EventRow, told: Told, text: EventText): readonly Fact[] {
  const { actor_id: agentId, subject_id: actionId } = row;
  if (actionId === null || !text.isByAgent(agentId)) return [];
  const isSuccess = text.hasEffect(',"status":"succeeded"');
  const spent = text.quantitiesIn('costs');
  return [{ ...told, kind: 'ended', agentId, actionId, isSuccess, spent }];
}

function charged({ actor_id: agentId }: EventRow, told: Told, text: EventText): readonly Fact[] {
  if (!text.isByAgent(agentId)) return [];
  const { action_id: actionId = null, cost, costs, usage } = text.payload;
  const spent = usage === undefined ? quantitiesOf(costs ?? [cost ?? null]) : quantitiesOf(text.rowsOf('ledger_entry'));
  return [{ ...told, kind: 'charged', agentId, actionId: typeof actionId === 'string' ? actionId : null, spent }];
}

function refused({ type: command, actor_id: agentId }: EventRow, told: Told, text: EventText): readonly Fact[] {
  if (!text.isByAgent(agentId)) return [];
  const payload = text.payload;
  const code = savedText(asObject(payload['denied']), 'code');
  if (code === null) return [];
  return [{ ...told, kind: 'refused', agentId, command, code, actionType: savedText(payload, 'action_type') }];
}

function expired(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  return text.rowsOf('hold').flatMap((hold) => {
    const agentId = savedText(hold, 'agent_id');
    const actionId = savedText(hold, 'action_id');
    return agentId !== null && actionId !== null ? [{ ...told, kind: 'expired' as const, agentId, actionId }] : [];
  });
}

function heartbeat(kind: 'silent' | 'returned', { subject_id: agentId }: EventRow, told: Told): readonly Fact[] {
  return agentId === null ? [] : [{ ...told, kind, agentId }];
}

/** What stands in the body alone: data that are about a person, or were too large for it, tell nothing. */
function observed({ actor_id: agentId }: EventRow, told: Told, text: EventText): readonly Fact[] {
  if (!text.isByAgent(agentId)) return [];
  const [row] = text.rowsOf('observation');
  const eventType = savedText(row ?? null, 'event_type');
  const severity = SEVERITIES.find((each) => each === row?.['severity']);
  if (!row || eventType === null || !severity) return [];
  const data = savedObject(text.payload, 'event_data') ?? {};
  const values = savedTexts(row, 'watched').flatMap((path) => {
    const value = numberAt(data, path);
    return value === null ? [] : [{ path, value }];
  });
  return [{ ...told, kind: 'observed', agentId, eventType, severity, values }];
}

function indebted(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  const { scope_id: scopeId, unit, debt } = text.payload;
  if (typeof scopeId !== 'string' || typeof unit !== 'string') return [];
  return [{ ...told, kind: 'indebted', scopeId, debt: { unit, amount: Number(debt) || 0 } }];
}

function placed(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  return text.rowsOf('scope').flatMap((scope) => {
    const scopeId = savedText(scope, 'id');
    return scopeId === null
      ? []
      : [{ ...told, kind: 'placed' as const, scopeId, parentId: savedText(scope, 'parent_id') }];
  });
}

function registered(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  return text.rowsOf('agent').flatMap((agent) => {
    const agentId = savedText(agent, 'agent_id');
    const type = TYPES.find((each) => each === agent['type']);
    return agentId === null || !type ? [] : [{ ...told, kind: 'registered' as const, agentId, type }];
  });
}

function standing(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  const quarantines = text.rowsOf('quarantine');
  return text.rowsOf('agent').flatMap((agent) => {
    const agentId = savedText(agent, 'agent_id');
    const status = STATUSES.find((each) => each === agent['status']);
    if (agentId === null || !status) return [];
    const until = savedText(asObject(agent['probation']), 'until');
    const probationUntil = until === null ? null : momentOf(until);
    const quarantine = quarantines.find((each) => each['agent_id'] === agentId && each['released_at'] === null);
    const isByPolicy =
      quarantine?.['quarantined_by_type'] === 'system' && savedText(quarantine, 'inherited_from') === null;
    // Of one that is ended there is no quarantine in force; what inherits it, and a person, names no policy.
    const endedBy = status === 'terminated' ? savedText(text.payload, 'policy_id') : null;
    const policyId = isByPolicy ? savedText(quarantine, 'quarantined_by') : endedBy;
    return [{ ...told, kind: 'standing' as const, agentId, status, probationUntil, policyId }];
  });
}

function found(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  const findingId = savedText(text.payload, 'id');
  return findingId === null ? [] : [{ ...told, kind: 'found', findingId }];
}

function policies(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  return text.rowsOf('immune_policy').flatMap((row) => {
    const policy = policyOf(row);
    return policy === null ? [] : [{ ...told, kind: 'policy' as const, policy }];
  });
}

function states(_row: EventRow, told: Told, text: EventText): readonly Fact[] {
  const tuned = text.rowsOf('state_policy').flatMap((row) => {
    const { state, sensitivity } = row;
    if (typeof state !== 'string' || typeof sensitivity !== 'number') return [];
    return [{ ...told, kind: 'state_policy' as const, state, sensitivity }];
  });
  const entered = text.rowsOf('state').flatMap((row) => {
    const state = savedText(row, 'current_state');
    return state === null ? [] : [{ ...told, kind: 'state' as const, state }];
  });
  return [...tuned, ...entered];
}

/** Amounts `{unit, amount}` as numbers; what is none is left out. */
function quantitiesOf(list: JsonValue | null): readonly Quantity[] {
  if (!Array.isArray(list)) return [];
  const quantities: Quantity[] = [];
  for (const item of list as JsonValue[]) {
    const { unit, amount } = asObject(item) ?? {};
    const number = Number(amount);
    if (typeof unit === 'string' && Number.isFinite(number)) quantities.push({ unit, amount: number });
  }
  return quantities;
}

/** Characters of a fingerprint: 72 bits of SHA-256 tell the last few actions of one agent apart. */
const FINGERPRINT_LENGTH = 12;

/**
 * What an action is recognized by: its type, the text of the payload that the agent gave, or that text's digest in the
 * event, and the usage that it asks for. A salted digest is never the same twice; without a payload nothing can be compared.
 */
function fingerprintOf(actionType: string, payloadText: string): string {
  // Before it stand action_type and the costs, which have no free members; behind it the usage.
  const start = payloadText.indexOf(',"payload');
  if (start < 0) return '';
  return hash('sha256', `${actionType}\n${payloadText.slice(start)}`, 'base64url').slice(0, FINGERPRINT_LENGTH);
}

/** Length of a timestamp with six digits. */
const TIMESTAMP_LENGTH = 27;

function momentOf(text: string): Timestamp | null {
  return text.length === TIMESTAMP_LENGTH && text.endsWith('Z') ? text : timestampOfRfc3339(text);
}
