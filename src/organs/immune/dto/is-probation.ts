import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { buildMessage, ValidateBy } from 'class-validator';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import {
  PROBATION_DEFAULT,
  PROBATION_SECONDS_MAX,
  PROBATION_SHARE_MIN,
  type ProbationTerms,
} from '../probation.rules.js';

const MEMBERS = ['share', 'seconds'];

/** `true`, `false`, or the terms of a probation. */
export function IsProbation(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      oneOf: [
        { type: 'boolean' },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            share: { type: 'number', minimum: PROBATION_SHARE_MIN, maximum: 1, default: PROBATION_DEFAULT.share },
            seconds: {
              type: 'integer',
              minimum: 1,
              maximum: PROBATION_SECONDS_MAX,
              default: PROBATION_DEFAULT.seconds,
            },
          },
        },
      ],
      default: false,
      example: { share: 0.25, seconds: 3600 },
      description:
        'released on probation: for so long it may use this share of its limits, and the next refusal for lack of budget isolates it again',
    }),
    MayBeAbsent(),
    ValidateBy({
      name: 'isProbation',
      validator: {
        validate: (value: unknown) => typeof value === 'boolean' || areTerms(value),
        defaultMessage: buildMessage(
          () =>
            `must be true, false or {share, seconds}: a share from ${PROBATION_SHARE_MIN} to 1 with up to three decimals, seconds from 1 to ${PROBATION_SECONDS_MAX}`,
        ),
      },
    }),
  );
}

/** The terms that a request asks for, or null for none. */
export function termsOf(probation: boolean | Partial<ProbationTerms> | undefined): ProbationTerms | null {
  if (probation === undefined || probation === false) return null;
  return probation === true ? PROBATION_DEFAULT : { ...PROBATION_DEFAULT, ...probation };
}

function areTerms(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).some((member) => !MEMBERS.includes(member))) return false;
  const { share = PROBATION_DEFAULT.share, seconds = PROBATION_DEFAULT.seconds } = value as Record<string, unknown>;
  const isShare = typeof share === 'number' && share >= PROBATION_SHARE_MIN && share <= 1 && isThousandths(share);
  return isShare && Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= PROBATION_SECONDS_MAX;
}

/** Whether a share has the grain in which it is reckoned. */
function isThousandths(share: number): boolean {
  return Math.round(share * 1_000) / 1_000 === share;
}
