import { Module, type OnModuleInit } from '@nestjs/common';
import { Authenticators } from '../../access/authenticators.js';
import { Principals } from '../../access/principals.js';
import { AgentAuthenticator } from './agent-authenticator.js';
import { AgentPrincipals } from './agent-principals.js';
import { AgentsController } from './agents.controller.js';
import { AgentsRepository } from './agents.repository.js';

/** Agents and their keys. */
@Module({ controllers: [AgentsController], providers: [AgentAuthenticator, AgentPrincipals, AgentsRepository] })
export class AgentsModule implements OnModuleInit {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly principals: Principals,
    private readonly authenticator: AgentAuthenticator,
    private readonly source: AgentPrincipals,
  ) {}

  onModuleInit(): void {
    this.authenticators.register(this.authenticator);
    this.principals.register(this.source);
  }
}
