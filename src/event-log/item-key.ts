import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, MaxLength } from 'class-validator';
import { IDEMPOTENCY_KEY_MAX } from './idempotency.js';
import { MayBeAbsent } from '../platform/http/may-be-absent.js';

/** The idempotency key of one item of a batch; it means what the header means on the single route. */
export function IsItemKey(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ example: 'order-17-reminder', description: 'as the header of the single route' }),
    MayBeAbsent(),
    MaxLength(IDEMPOTENCY_KEY_MAX),
    Matches(/^[\x20-\x7e]+$/, { message: `must be 1-${IDEMPOTENCY_KEY_MAX} printable ASCII characters` }),
  );
}
