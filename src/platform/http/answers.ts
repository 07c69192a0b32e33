import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';

/** What a decided command's answer says of its event. */
export class EventReferenceDto {
  @ApiProperty({ example: 17, description: 'id of the event' })
  id!: number;

  @ApiProperty({
    example: '9f2c1b7e64a0d3a5c8f7e6b5d4c3b2a19f2c1b7e64a0d3a5c8f7e6b5d4c3b2a1',
    pattern: '^[0-9a-f]{64}$',
  })
  hash!: string;
}

/** One invalid member of a request. */
export class InvalidMemberDto {
  @ApiProperty({ example: '/cost/amount', description: 'RFC 6901 JSON pointer into the body, or ?name of a query' })
  pointer!: string;

  @ApiProperty({ example: 'must be a number of 0 or more, below 1000000000, with at most nine decimals' })
  detail!: string;
}

/** RFC 9457 problem details. */
export class ProblemDto {
  @ApiProperty({ example: 'urn:echo-substrate:problem:METABOLISM.BUDGET_EXCEEDED' })
  type!: string;

  @ApiProperty({ example: 'Payment Required' })
  title!: string;

  @ApiProperty({ example: 402 })
  status!: number;

  @ApiProperty({ example: 'the budget has 0.4 usd left and the action needs 1 usd' })
  detail!: string;

  @ApiProperty({ example: '/api/v1/actions' })
  instance!: string;

  @ApiProperty({ example: 'METABOLISM.BUDGET_EXCEEDED', description: 'stable, ORGAN.REASON' })
  code!: string;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  request_id!: string;

  @ApiPropertyOptional({ type: () => [InvalidMemberDto] })
  errors?: InvalidMemberDto[];

  @ApiPropertyOptional({ example: 'usd', description: 'of a 402: the unit of the budget' })
  unit?: string;

  @ApiPropertyOptional({ example: 1, description: 'of a 402: what was asked for' })
  required?: number;

  @ApiPropertyOptional({ example: 0.4, description: 'of a 402: what there is' })
  remaining_budget?: number;

  @ApiPropertyOptional({ example: 'agent:invoice-bot', description: 'of a 402: the scope that said no' })
  scope_id?: string;

  @ApiPropertyOptional({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', description: 'of a 402: its limit' })
  limit_id?: string;

  @ApiPropertyOptional({ type: () => EventReferenceDto, description: 'the refusal in the log' })
  event?: EventReferenceDto;
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request is malformed; `errors` names the members',
  401: 'Nobody known calls',
  402: 'The budget does not cover it',
  403: 'The caller may not',
  404: 'There is no such thing, or not for this caller',
  409: 'It conflicts with the present state',
  413: 'The body is too large',
  415: 'The body is not JSON, or is encoded',
  422: 'The Idempotency-Key was used for another request',
  429: 'Too many requests; see Retry-After',
  500: 'It broke; the log has it as failed',
  503: 'Not now; nothing was done, see Retry-After',
};

/** Documents the problems that a route may answer, beside those that every route may. */
export function ApiProblems(...statuses: number[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: MEANINGS[status] ?? 'Problem',
        content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
      }),
    ),
  );
}
