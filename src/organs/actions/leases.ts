import { Injectable } from '@nestjs/common';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import { StateReader } from '../../event-log/state-reader.js';
import { need } from '../../event-log/working-set.js';
import { ProblemError } from '../../platform/errors/problem.js';
import type { Timestamp } from '../../platform/time.js';
import { AGENT_NOT_FOUND, AGENTS, capabilityProblem, type Agent } from '../agents/index.js';
import { stateNeeds, stateProblem } from '../arbiter/index.js';
import { standingProblem, StopOrdersRepository } from '../immune/index.js';
import type { HeartbeatDto, LeaseDto } from './dto/permit.dto.js';
import { leaseEnd } from './permits/permit.js';
import { Permits } from './permits/permits.js';
import { RunningActionsRepository } from './permits/running-actions.repository.js';

/** Renews leases as long as an agent may act. Nothing of it is an event: what may be done was decided by the authorization. */
@Injectable()
export class Leases {
  constructor(
    private readonly states: StateReader,
    private readonly bookkeeping: BookkeepingRepository,
    private readonly running: RunningActionsRepository,
    private readonly orders: StopOrdersRepository,
    private readonly permits: Permits,
  ) {}

  /** Notes that the agent lives and renews its leases. @throws ProblemError 403 when it is terminated */
  async heartbeat(agentId: string): Promise<HeartbeatDto> {
    // The clock is read before standing and state are, so no lease is longer than it says from the moment they were seen.
    const { state, now } = await this.states.read([need(AGENTS, agentId), ...stateNeeds()]);
    const agent = state.get(AGENTS, agentId);
    if (!agent) throw new ProblemError(AGENT_NOT_FOUND);
    const standing = standingProblem(agent);
    if (standing && agent.status === 'terminated') throw new ProblemError(standing);
    const isForbidden = stateProblem(state, agent.type) !== null;
    const [lastSeen, leases, orders] = await Promise.all([
      this.bookkeeping.touch(agentId),
      standing === null ? this.renewed(agent, isForbidden, now) : [],
      this.orders.open(agentId),
    ]);
    return { agent_id: agentId, last_seen: lastSeen, leases, orders };
  }

  /** @param isForbidden the state lets its type not act; what people approved goes on */
  private async renewed(agent: Readonly<Agent>, isForbidden: boolean, now: Timestamp): Promise<LeaseDto[]> {
    const running = await this.running.runningOf(agent.agent_id);
    const capable = running.filter(({ hold }) => {
      if (hold.escalation_id !== null) return true;
      return !isForbidden && capabilityProblem(agent, hold.action_type) === null;
    });
    return Promise.all(
      capable.map(async ({ hold, permitted }) => {
        const to = leaseEnd(now, hold.lease_seconds, hold.expires_at);
        return {
          action_id: hold.action_id,
          permit: await this.permits.sign(permitted, { from: now, to }),
          lease_expires_at: to,
        };
      }),
    );
  }
}
