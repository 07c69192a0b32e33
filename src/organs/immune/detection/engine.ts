import type { JsonObject } from '../../../platform/json.js';
import { AgentMemory } from './agent-memory.js';
import type { Fact } from './fact.js';
import { findingOf, type Finding, type Sighting } from './finding.js';
import { Peers } from './peers.js';
import { PolicyBook } from './policy-book.js';
import type { Policy } from './policy.js';
import { isOnProbation } from './probation.js';
import { savedObject } from './saved-state.js';
import type { Moment } from './detector.js';

/** What an agent's own scope begins with. */
const AGENT_SCOPE = 'agent:';

/**
 * Folds the facts of a log, in its order, into findings: the same facts give the same findings, wherever they are folded and
 * whatever agents' memories were taken out and put back meanwhile. A memory must be there when a fact of its agent comes; of
 * one that is not, nothing is known.
 */
export class DetectorEngine {
  private readonly book: PolicyBook;
  private readonly peers: Peers;
  private readonly memories = new Map<string, AgentMemory>();
  private dirty = new Set<string>();

  /** @param shared what `shared()` answered; null: before the first fact */
  constructor(shared: JsonObject | null = null) {
    this.book = new PolicyBook(savedObject(shared, 'book'));
    this.peers = new Peers(savedObject(shared, 'peers'));
  }

  /** Folds the next fact; answers what the policies find, in the order of the detectors' names. */
  next(fact: Fact): Finding[] {
    const agentId = agentOf(fact);
    if (agentId === null) {
      if (fact.kind === 'policy') this.book.set(fact.policy);
      if (fact.kind === 'placed') this.book.place(fact.scopeId, fact.parentId);
      if (fact.kind === 'state') this.book.enter(fact.state);
      if (fact.kind === 'state_policy') this.book.tune(fact.state, fact.sensitivity);
      return [];
    }
    const memory = this.memories.get(agentId) ?? this.load(agentId, null);
    if (memory.status === 'terminated') return [];
    this.dirty.add(agentId);
    if (fact.kind === 'registered') memory.type = fact.type;
    else if (fact.kind === 'standing') stand(memory, fact);
    else return this.judge(agentId, memory, fact);
    return [];
  }

  /** The agents whose memories a fact needs: one, or none. */
  agentsOf(fact: Fact): readonly string[] {
    const agentId = agentOf(fact);
    return agentId === null ? [] : [agentId];
  }

  has(agentId: string): boolean {
    return this.memories.has(agentId);
  }

  /** How many agents' memories are here. */
  get size(): number {
    return this.memories.size;
  }

  /** Puts an agent's memory back. @param saved what `save` answered; null: it has none yet */
  load(agentId: string, saved: JsonObject | null): AgentMemory {
    const memory = new AgentMemory(saved);
    this.memories.set(agentId, memory);
    return memory;
  }

  /** An agent's memory, to be kept elsewhere; null where it is not here. */
  save(agentId: string): JsonObject | null {
    return this.memories.get(agentId)?.state() ?? null;
  }

  /** Drops an agent's memory, which somebody has saved. */
  evict(agentId: string): void {
    this.memories.delete(agentId);
  }

  /** The agents whose memories changed since this was asked last. */
  takeDirty(): string[] {
    const dirty = [...this.dirty];
    this.dirty = new Set();
    return dirty;
  }

  /** All that is remembered and belongs to no single agent. */
  shared(): JsonObject {
    return { book: this.book.state(), peers: this.peers.state() };
  }

  private judge(agentId: string, memory: AgentMemory, fact: Fact): Finding[] {
    const closed = memory.meter.add(fact);
    if (fact.kind === 'authorized') this.peers.called(memory.type, fact.at);
    const moment: Moment = {
      fact,
      agentType: memory.type,
      isOnProbation: isOnProbation(memory.probationUntil, fact.occurredAt),
      closed,
      begun: memory.open.add(fact),
      peers: this.peers,
    };
    const findings: Finding[] = [];
    for (const { kind, policy } of this.book.planFor(agentId).get(fact.kind) ?? []) {
      if (policy.mode === 'off') {
        memory.forget(kind.name);
        continue;
      }
      const watch = memory.watch(kind);
      const sighting = watch.detector.next(moment, policy);
      if (!sighting) continue;
      const version = `${policy.id}/${policy.version}`;
      if (!kind.isSynchronous && watch.quietPolicy === version && fact.at < watch.quietUntil) continue;
      watch.quietUntil = fact.at + policy.cool_down_seconds * 1000;
      watch.quietPolicy = version;
      findings.push(found(policy, agentId, memory, fact, sighting));
    }
    if (closed) this.peers.add(memory.type, closed, memory.counted);
    return findings;
  }
}

/** An isolated agent is not isolated again: what is found about it is noted. */
function found(policy: Policy, agentId: string, { status }: AgentMemory, fact: Fact, sighting: Sighting): Finding {
  const finding = findingOf(policy, agentId, fact.eventId, sighting);
  return status === 'quarantined' && finding.answer === 'quarantine' ? { ...finding, answer: 'flag' } : finding;
}

function stand(memory: AgentMemory, fact: Fact & { readonly kind: 'standing' }): void {
  memory.status = fact.status;
  memory.probationUntil = fact.probationUntil;
  if (fact.status === 'active') memory.endCoolDowns();
  if (fact.status === 'terminated') memory.end();
}

function agentOf(fact: Fact): string | null {
  switch (fact.kind) {
    case 'policy':
    case 'placed':
    case 'state':
    case 'state_policy':
    case 'found':
      return null;
    case 'indebted':
      return fact.scopeId.startsWith(AGENT_SCOPE) ? fact.scopeId.slice(AGENT_SCOPE.length) : null;
    case 'authorized':
    case 'refused':
    case 'ended':
    case 'charged':
    case 'expired':
    case 'silent':
    case 'returned':
    case 'observed':
    case 'registered':
    case 'standing':
      return fact.agentId;
  }
}
