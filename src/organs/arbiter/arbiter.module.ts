import { Module, type OnModuleInit } from '@nestjs/common';
import { inserted } from '../../event-log/effect.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import type { Timestamp } from '../../platform/time.js';
import { ImmuneModule } from '../immune/index.js';
import { ArbiterController } from './arbiter.controller.js';
import { ArbiterRepository } from './arbiter.repository.js';
import { STATE } from './arbiter.rules.js';
import { THE_STATE, type SubstrateState } from './entities/substrate-state.entity.js';
import { ApprovalPoliciesController } from './escalations/approval-policies.controller.js';
import { DEFAULT_POLICY } from './escalations/approval-policy.rules.js';
import { EscalationsController } from './escalations/escalations.controller.js';
import { EscalationsJob } from './escalations/escalations.job.js';
import { EscalationsRepository } from './escalations/escalations.repository.js';
import { EscalationsRequests } from './escalations/escalations.requests.js';
import { APPROVAL_POLICIES } from './escalations/tables.js';

import { StateJob } from './state.job.js';
import { DEFAULT_STATE_POLICIES, STATE_POLICIES } from './state-policies.js';

/** The system state and what it does, and escalations. */
@Module({
  imports: [ImmuneModule],
  controllers: [ArbiterController, EscalationsController, ApprovalPoliciesController],
  providers: [ArbiterRepository, EscalationsRepository, EscalationsRequests, EscalationsJob, StateJob],
})
export class ArbiterModule implements OnModuleInit {
  constructor(private readonly genesis: GenesisParts) {}

  onModuleInit(): void {
    this.genesis.register(() =>
      Promise.resolve(({ now, eventId }) => [
        inserted(STATE, firstState(now, eventId)),
        ...DEFAULT_STATE_POLICIES.map((policy) => inserted(STATE_POLICIES, policy)),
        inserted(APPROVAL_POLICIES, DEFAULT_POLICY),
      ]),
    );
  }
}

function firstState(now: Timestamp, eventId: number): SubstrateState {
  return {
    id: THE_STATE,
    current_state: 'observe',
    since: now,
    trigger: 'genesis',
    raised_by: 'genesis',
    event_id: eventId,
  };
}
