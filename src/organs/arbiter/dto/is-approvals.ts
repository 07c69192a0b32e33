import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { buildMessage, ValidateBy } from 'class-validator';
import { CODE } from '../../../platform/http/patterns.js';

/** Action types of one list. */
const ACTION_TYPES_MAX = 100;
const TYPES = { type: 'array', maxItems: ACTION_TYPES_MAX, items: { type: 'string' } } as const;

/** How the approvals of a state are documented. */
export const APPROVALS_SCHEMA: ApiPropertyOptions = {
  oneOf: [
    {
      type: 'object',
      required: ['kind'],
      additionalProperties: false,
      properties: { kind: { type: 'string', enum: ['none', 'all'] } },
    },
    {
      type: 'object',
      required: ['kind', 'action_types'],
      additionalProperties: false,
      properties: { kind: { type: 'string', enum: ['types'] }, action_types: TYPES },
    },
  ],
  example: { kind: 'types', action_types: ['money.*'] },
  description: 'which actions need an approval; a type that ends with * stands for all that begin like it',
};

/** Which actions need an approval: none, all, or those of some types. */
export function IsApprovals(): PropertyDecorator {
  return applyDecorators(
    ApiProperty(APPROVALS_SCHEMA),
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
    ValidateBy({
      name: 'isApprovals',
      validator: {
        validate: areApprovals,
        defaultMessage: buildMessage(
          () =>
            `must be {"kind":"none"}, {"kind":"all"} or {"kind":"types","action_types":[…]} of 1-${ACTION_TYPES_MAX} different action types, which may end with *`,
        ),
      },
    }),
  );
}

function areApprovals(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { kind, action_types: types, ...more } = value as Record<string, unknown>;
  if (Object.keys(more).length > 0) return false;
  if (kind === 'none' || kind === 'all') return types === undefined;
  return kind === 'types' && areTypes(types);
}

function areTypes(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > ACTION_TYPES_MAX) return false;
  const types = value as unknown[];
  return new Set(types).size === types.length && types.every((type) => isType(type));
}

/** An action type, or the beginning of some. `*` alone is not one: that is `all`. */
function isType(value: unknown): boolean {
  return typeof value === 'string' && CODE.test(value.endsWith('*') ? value.slice(0, -1) : value);
}
