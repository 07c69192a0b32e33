import { Module, type OnModuleInit } from '@nestjs/common';
import { inserted } from '../../event-log/effect.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import { ImmuneController } from './immune.controller.js';
import { ImmuneRepository } from './immune.repository.js';
import { DEFAULT_POLICIES } from './detection/default-policies.js';
import { PresenceJob } from './presence.job.js';
import { POLICIES } from './tables.js';

/** Detection and isolation. */
@Module({ controllers: [ImmuneController], providers: [ImmuneRepository, PresenceJob] })
export class ImmuneModule implements OnModuleInit {
  constructor(private readonly genesis: GenesisParts) {}

  onModuleInit(): void {
    this.genesis.register(() => Promise.resolve(() => DEFAULT_POLICIES.map((policy) => inserted(POLICIES, policy))));
  }
}
