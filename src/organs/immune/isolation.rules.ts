import type { Command, DecisionContext } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import type { Actor } from '../../event-log/event.js';
import { needVia, type Need, type State } from '../../event-log/working-set.js';
import { AGENT_KEYS, AGENTS, descendantsOf, KIN, kinNeeds, type Agent, type AgentKey } from '../agents/index.js';
import { endHoldCommand, openHoldNeeds, openHoldsOf } from '../metabolism/index.js';
import type { Quarantine } from './entities/quarantine.entity.js';
import { withStanding } from './standing.rules.js';
import { requestStop } from './stop.rules.js';
import { QUARANTINES } from './tables.js';

/** Why an agent is isolated or ended, and on whose word. */
export interface Isolation {
  readonly reason: string;
  readonly by: Actor;
  readonly evidence: readonly number[];
  readonly findingId: string | null;
  /** The quarantine of an agent above it that brings it about. */
  readonly inheritedFrom: string | null;
}

/** What isolating or ending an agent changes: its own rows, what its event says, and the events that follow in the same commit. */
export interface Isolated {
  readonly effects: Effect[];
  readonly followUps: Command[];
}

/** An agent and all below it, with their keys, quarantines and open holds. */
export function isolationNeeds(agentId: string): Need[] {
  return [
    ...kinNeeds(agentId),
    needVia(AGENT_KEYS, 'agent_id', KIN, [agentId]),
    needVia(QUARANTINES, 'agent_id', KIN, [agentId]),
    ...openHoldNeeds(agentId),
  ];
}

/** The quarantine of an agent that is in force, or null. */
export function openQuarantine(state: State, agentId: string): Readonly<Quarantine> | null {
  return state.find(QUARANTINES, 'agent_id', agentId).find((row) => row.released_at === null) ?? null;
}

/** All below an agent that may still act, nearest first. */
export function activeBelow(state: State, agentId: string): Readonly<Agent>[] {
  return descendantsOf(state, agentId).filter((agent) => agent.status === 'active');
}

/**
 * Isolates an agent: it may begin nothing any more, is told to stop, and what it was allowed and never began is given
 * back. Of its keys only the newest stays, to complete what was begun and to confirm the stop.
 */
export function isolated(
  agent: Readonly<Agent>,
  { reason, by, evidence, findingId, inheritedFrom }: Isolation,
  state: State,
  context: DecisionContext,
): Isolated & { readonly row: Quarantine } {
  const { agent_id: agentId } = agent;
  const row: Quarantine = {
    id: context.newId(),
    agent_id: agentId,
    reason,
    quarantined_at: context.now,
    quarantined_by_type: by.type,
    quarantined_by: by.id,
    evidence: [...evidence],
    event_id: context.eventId,
    finding_id: findingId,
    inherited_from: inheritedFrom,
    released_at: null,
    released_by: null,
    release_reason: null,
    release_event_id: null,
  };
  const keys = liveKeys(state, agentId, context);
  const newest = keys.toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1)).at(-1);
  const open = openHoldsOf(state, agentId);
  return {
    row,
    effects: [
      updated(AGENTS, withStanding(agent, 'quarantined', reason, context)),
      inserted(QUARANTINES, row),
      ...keys.filter((key) => key !== newest).map((key) => voided(key, context)),
      ...stopped(agent, 'quarantine', reason, state, context),
    ],
    followUps: open.filter((hold) => hold.begun_at === null).map((hold) => endHoldCommand(hold)),
  };
}

/** Ends an agent for good: no key of it is in force, no hold open. */
export function ended(
  agent: Readonly<Agent>,
  { reason, by }: Pick<Isolation, 'reason' | 'by'>,
  state: State,
  context: DecisionContext,
): Isolated {
  const { agent_id: agentId } = agent;
  const quarantine = openQuarantine(state, agentId);
  const after: Agent = { ...withStanding(agent, 'terminated', reason, context), silent_since: null };
  return {
    effects: [
      updated(AGENTS, after),
      ...(quarantine ? [updated(QUARANTINES, closed(quarantine, by, 'terminated', context))] : []),
      ...liveKeys(state, agentId, context).map((key) => voided(key, context)),
      ...stopped(agent, 'terminate', reason, state, context),
    ],
    followUps: openHoldsOf(state, agentId).map((hold) => endHoldCommand(hold)),
  };
}

/** A quarantine that is over. */
export function closed(open: Readonly<Quarantine>, by: Actor, reason: string, context: DecisionContext): Quarantine {
  return {
    ...open,
    released_at: context.now,
    released_by: by.id,
    release_reason: reason,
    release_event_id: context.eventId,
  };
}

function liveKeys(state: State, agentId: string, { now }: DecisionContext): Readonly<AgentKey>[] {
  const keys = state.find(AGENT_KEYS, 'agent_id', agentId);
  return keys.filter((key) => key.expires_at === null || key.expires_at > now);
}

function voided(key: Readonly<AgentKey>, { now }: DecisionContext): Effect {
  return updated(AGENT_KEYS, { ...key, expires_at: now });
}

/** The order to stop what it has begun. */
function stopped(
  { agent_id: agentId }: Readonly<Agent>,
  kind: 'quarantine' | 'terminate',
  reason: string,
  state: State,
  context: DecisionContext,
): Effect[] {
  const begun = openHoldsOf(state, agentId).filter((hold) => hold.begun_at !== null);
  const actionIds = begun.map((hold) => hold.action_id);
  return requestStop(agentId, kind, reason, actionIds, context).effects;
}
