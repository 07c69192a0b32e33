import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { AgentIdParam } from '../../platform/http/route-params.js';
import { changeCommand, registerCommand, revokeKeyCommand, rotateKeyCommand } from './agents.commands.js';
import { AgentsRepository } from './agents.repository.js';
import { newApiKey } from './api-key.js';
import {
  AgentChangedDto,
  AgentDetailDto,
  AgentListedDto,
  AgentRegisteredDto,
  KeyRevokedDto,
  KeyRotatedDto,
} from './dto/agent-answers.dto.js';
import {
  AgentKeyParam,
  AgentsQuery,
  ChangeAgentDto,
  RegisterAgentDto,
  RotateKeyDto,
} from './dto/agent-requests.dto.js';
import { ApiPage } from '../../platform/http/api-page.js';

const IN_PATH = { type: 'agent', in: 'params', member: 'agent_id' } as const;

/** The register of agents, and their keys. */
@ApiTags('Agents')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('agents')
export class AgentsController {
  constructor(private readonly agents: AgentsRepository) {}

  @Post()
  @HttpCode(201)
  @Commands('agents.register', 'agents.manage', {
    summary: 'Register an agent; its key is shown this once',
    subject: { type: 'agent', in: 'body', member: 'agent_id' },
  })
  @ApiCreatedResponse({ type: AgentRegisteredDto })
  @ApiProblems(404, 409, 413, 415, 422)
  register(
    @Body()
    {
      agent_id: agentId,
      type,
      description,
      capabilities,
      source_uri: sourceUri,
      parent_id: parentId,
    }: RegisterAgentDto,
  ): Submission {
    const given = {
      description: description ?? null,
      capabilities: capabilities ?? null,
      sourceUri: sourceUri ?? null,
      parentId: parentId ?? null,
    };
    return Submission.of(registerCommand({ agentId, type, ...given, apiKey: newApiKey() }));
  }

  @Get()
  @Allows('agents.read', { summary: 'Agents, in the order of their ids' })
  @ApiPage(AgentListedDto)
  list(@Query() query: AgentsQuery, @PrincipalParam() principal: Principal) {
    return this.agents.list(query, principal);
  }

  @Get(':agent_id')
  @Allows('agents.read', { summary: 'One agent with its keys' })
  @ApiOkResponse({ type: AgentDetailDto })
  @ApiProblems(404)
  one(@Param() { agent_id: agentId }: AgentIdParam): Promise<AgentDetailDto> {
    return this.agents.one(agentId);
  }

  @Patch(':agent_id')
  @Commands('agents.update', 'agents.manage', {
    summary: "Change an agent's description, capabilities or source",
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: AgentChangedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  change(
    @Param() { agent_id: agentId }: AgentIdParam,
    @Body() { description, capabilities, source_uri: sourceUri }: ChangeAgentDto,
  ): Submission {
    const change = { description, capabilities, sourceUri };
    return Submission.of(changeCommand(agentId, change));
  }

  @Post(':agent_id/keys')
  @HttpCode(200)
  @Commands('agents.rotate_key', 'keys.manage', {
    summary: 'Give an agent a new key, shown this once',
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: KeyRotatedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  rotate(@Param() { agent_id: agentId }: AgentIdParam, @Body() { grace_seconds: grace }: RotateKeyDto): Submission {
    return Submission.of(rotateKeyCommand(agentId, newApiKey(), grace));
  }

  @Delete(':agent_id/keys/:key_id')
  @Commands('agents.revoke_key', 'keys.manage', { summary: 'Make a key void at once', subject: IN_PATH })
  @ApiOkResponse({ type: KeyRevokedDto })
  @ApiProblems(404, 409, 422)
  revoke(@Param() { agent_id: agentId, key_id: keyId }: AgentKeyParam): Submission {
    return Submission.of(revokeKeyCommand(agentId, keyId.toLowerCase()));
  }
}
