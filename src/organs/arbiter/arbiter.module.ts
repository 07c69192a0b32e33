import { Module, type OnModuleInit } from '@nestjs/common';
import { inserted } from '../../event-log/effect.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import type { Timestamp } from '../../platform/time.js';
import { ArbiterController } from './arbiter.controller.js';
import { ArbiterRepository } from './arbiter.repository.js';
import { STATE } from './arbiter.rules.js';
import { THE_STATE, type SubstrateState } from './entities/substrate-state.entity.js';

/** The system state. */
@Module({ controllers: [ArbiterController], providers: [ArbiterRepository] })
export class ArbiterModule implements OnModuleInit {
  constructor(private readonly genesis: GenesisParts) {}

  onModuleInit(): void {
    this.genesis.register(() => Promise.resolve(({ now, eventId }) => [inserted(STATE, firstState(now, eventId))]));
  }
}

function firstState(now: Timestamp, eventId: number): SubstrateState {
  return { id: THE_STATE, current_state: 'observe', since: now, trigger: 'genesis', event_id: eventId };
}
