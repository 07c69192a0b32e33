import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { buildMessage, IsObject, IsString, Matches, ValidateBy } from 'class-validator';
import { NotADecimalError, nanoOfNumber } from '../decimal.js';
import { timestampOfRfc3339 } from '../time.js';
import { AGENT_ID, CODE, UNIT } from './patterns.js';

/** Control characters: a text for people has none but line breaks and tabs. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** A JSON number with at most nine decimals, from 0 (or above it) to below a bound given in whole units. */
export function IsAmount(limits: { readonly above?: 'zero'; readonly below: number }): PropertyDecorator {
  return ValidateBy({
    name: 'isAmount',
    validator: {
      validate: (value: unknown) => amountFault(value, limits) === null,
      defaultMessage: buildMessage(() => {
        const from = limits.above === 'zero' ? 'above 0' : 'of 0 or more';
        return `must be a number ${from}, below ${limits.below}, with at most nine decimals`;
      }),
    },
  });
}

function amountFault(value: unknown, limits: { readonly above?: 'zero'; readonly below: number }): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'not a number';
  if (value < 0 || Object.is(value, -0) || value >= limits.below) return 'out of range';
  if (limits.above === 'zero' && value === 0) return 'zero';
  try {
    nanoOfNumber(value);
    return null;
  } catch (error) {
    if (error instanceof NotADecimalError) return error.message;
    throw error;
  }
}

/** An agent's id. */
export function IsAgentId(): PropertyDecorator {
  return Matches(AGENT_ID, {
    message: 'must be an agent_id: a letter or digit, then up to 127 of A-Z a-z 0-9 . _ : -',
  });
}

/** The name of an action type. */
export function IsActionType(options: { readonly each?: boolean } = {}): PropertyDecorator {
  return Matches(CODE, { ...options, message: 'must be a letter or digit, then up to 63 of A-Z a-z 0-9 . _ : / -' });
}

/** The name of a cost type. */
export const IsCostType = IsActionType;

/** A unit of cost. */
export function IsUnit(): PropertyDecorator {
  return Matches(UNIT, { message: 'must be a lower-case code of up to 32 of a-z 0-9 _ -' });
}

/** A text for people: 1 to `max` characters, not only white space, no control characters. */
export function IsText(max: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    ValidateBy({
      name: 'isText',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && value.trim() !== '' && value.length <= max && !CONTROL.test(value),
        defaultMessage: buildMessage(() => `must be a text of 1-${max} characters without control characters`),
      },
    }),
  );
}

/** A moment in RFC 3339, handed on in UTC: PostgreSQL takes no offset of 16 hours and more, RFC 3339 does. */
export function IsTimestamp(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (timestampOfRfc3339(value) ?? value) : value,
    ),
    ValidateBy({
      name: 'isTimestamp',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && timestampOfRfc3339(value) !== null,
        defaultMessage: buildMessage(() => 'must be a moment in RFC 3339, such as 2026-01-31T12:00:00Z'),
      },
    }),
  );
}

/** Any JSON object, left as it came. */
export function IsFreeJson(): PropertyDecorator {
  return applyDecorators(
    IsObject(),
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
  );
}
