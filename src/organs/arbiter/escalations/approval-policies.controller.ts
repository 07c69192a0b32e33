import { Body, Controller, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../../access/decorators.js';
import { Submission } from '../../../event-log/command.js';
import { ApiProblems } from '../../../platform/http/answers.js';
import { ApiPage } from '../../../platform/http/api-page.js';
import {
  ApprovalPolicyDto,
  ApprovalPolicyIdParam,
  ApprovalPolicySetDto,
  SetApprovalPolicyDto,
} from '../dto/approval-policy.dto.js';
import { EscalationsRepository } from './escalations.repository.js';
import { setApprovalPolicyCommand } from './policies.command.js';

/** How many people decide on what, and how fast. */
@ApiTags('Escalations')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('approval-policies')
export class ApprovalPoliciesController {
  constructor(private readonly escalations: EscalationsRepository) {}

  @Get()
  @Allows('policies.read', { summary: 'The approval policies' })
  @ApiPage(ApprovalPolicyDto)
  policies() {
    return this.escalations.policies();
  }

  @Put(':policy_id')
  @HttpCode(200)
  @Commands('arbiter.set_approval_policy', 'policies.manage', {
    summary: 'Make an approval policy, or change it',
    description: 'What was asked before under another policy is neither approved nor used any more.',
    subject: { type: 'approval_policy', in: 'params', member: 'policy_id' },
  })
  @ApiOkResponse({ type: ApprovalPolicySetDto })
  @ApiProblems(409, 413, 415, 422)
  setPolicy(
    @Param() { policy_id: id }: ApprovalPolicyIdParam,
    @Body() { expected_version: expected, ...rule }: SetApprovalPolicyDto,
  ): Submission {
    return Submission.of(setApprovalPolicyCommand({ id, ...rule }, expected ?? null));
  }
}
