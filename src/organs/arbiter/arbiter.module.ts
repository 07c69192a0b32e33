import { Module, type OnModuleInit } from '@nestjs/common';
import { inserted } from '../../event-log/effect.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import type { Timestamp } from '../../platform/time.js';
import { ArbiterController } from './arbiter.controller.js';
import { ArbiterRepository } from './arbiter.repository.js';
import { STATE } from './arbiter.rules.js';
import { THE_STATE, type SubstrateState } from './entities/substrate-state.entity.js';
import { StateJob } from './state.job.js';
import { DEFAULT_STATE_POLICIES, STATE_POLICIES } from './state-policies.js';

/** The system state and what it does. */
@Module({ controllers: [ArbiterController], providers: [ArbiterRepository, StateJob] })
export class ArbiterModule implements OnModuleInit {
  constructor(private readonly genesis: GenesisParts) {}

  onModuleInit(): void {
    this.genesis.register(() =>
      Promise.resolve(({ now, eventId }) => [
        inserted(STATE, firstState(now, eventId)),
        ...DEFAULT_STATE_POLICIES.map((policy) => inserted(STATE_POLICIES, policy)),
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
