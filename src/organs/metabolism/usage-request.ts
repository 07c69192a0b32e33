import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { IsFreeJson } from '../../platform/http/validators.js';
import type { JsonObject, JsonValue } from '../../platform/json.js';
import type { ClaimedUsage } from './costing.js';
import { ANY_MODEL, type Usage } from './pricing.js';
import { REQUESTS, USAGE_KINDS, usageOfBody } from './prices/index.js';

/** A name of a provider, model or form of answer, as providers write them. */
const NAME = /^[^\s\p{C}](?:[^\p{C}]{0,98}[^\s\p{C}])?$/u;
/** A count is below this: a thousand times the tokens of the largest window, for a day of one agent. */
const COUNT_BELOW = 1e12;

/** A count with at most nine decimals, as durations have them; pieces and tokens are whole. */
function isCount(kind: string, value: JsonValue | undefined): boolean {
  if (typeof value !== 'number' || !(value >= 0 && value < COUNT_BELOW)) return false;
  return Number.isInteger(value) || (kind.endsWith('_seconds') && /^\d+\.\d{1,9}$/.test(String(value)));
}

/** What is wrong with a usage; null when it is one. */
function usageFault(usage: JsonObject, isHold: boolean): string | null {
  const { provider, model, max_output_tokens: most, ...counts } = usage;
  for (const [member, value] of Object.entries({ provider, model })) {
    if (typeof value !== 'string' || !NAME.test(value) || value === ANY_MODEL) return `${member} must be a name`;
  }
  if (most !== undefined && !isHold) return 'max_output_tokens is for holds; say output_tokens';
  if (most !== undefined && !isCount('tokens', most)) return 'max_output_tokens must be a whole number';
  for (const [kind, count] of Object.entries(counts)) {
    if (kind === REQUESTS || !USAGE_KINDS.has(kind)) return `${kind} is no kind of usage`;
    if (!isCount(kind, count)) return `${kind} must be a number of 0 or more, whole but for seconds`;
  }
  return Object.keys(counts).length > 0 || most !== undefined ? null : 'must have a count, such as input_tokens';
}

/** `usage`: what a model was used for, in place of an amount of dollars. */
export function IsUsage(options: { readonly hold: boolean }): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: 'object',
      additionalProperties: true,
      example: {
        provider: 'openai',
        model: 'gpt-4o',
        input_tokens: 1_200,
        ...(options.hold ? { max_output_tokens: 500 } : { output_tokens: 340 }),
      },
      description: `provider, model and counts by kind (input_tokens, output_tokens, cache_read_tokens …)${
        options.hold ? ', and max_output_tokens' : ''
      }: priced in usd, in place of an amount of usd`,
    }),
    IsFreeJson(),
    ValidateBy({
      name: 'isUsage',
      validator: {
        validate: (value: unknown) => isObject(value) && usageFault(value, options.hold) === null,
        defaultMessage: (on) => {
          return isObject(on?.value) ? (usageFault(on.value, options.hold) ?? '') : 'must be an object';
        },
      },
    }),
  );
}

/** `usage_body`: a provider's own answer, from which the usage is read. */
export function IsUsageBody(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: 'object',
      additionalProperties: true,
      example: {
        provider: 'openai',
        body: { model: 'gpt-4o', usage: { prompt_tokens: 1_200, completion_tokens: 340, total_tokens: 1_540 } },
      },
      description:
        "`{provider, body, api_flavor?, model?}` with a provider's own response body (of which only `usage` and `model` are read and recorded), in place of `usage`",
    }),
    IsFreeJson(),
    ValidateBy({
      name: 'isUsageBody',
      validator: {
        validate: (value: unknown) => {
          if (!isObject(value)) return false;
          const { provider, body, api_flavor: flavor = 'x', model = 'x', ...rest } = value;
          const areNames = [provider, flavor, model].every((name) => typeof name === 'string' && NAME.test(name));
          return areNames && isObject(body) && Object.keys(rest).length === 0;
        },
        defaultMessage: () => 'must be {provider, body, api_flavor?, model?}',
      },
    }),
  );
}

/** The usage that a request tells, in either form. */
export function claimedUsage(request: {
  readonly usage?: JsonObject;
  readonly usage_body?: JsonObject;
}): ClaimedUsage | undefined {
  if (request.usage) return usageOf(request.usage);
  if (!request.usage_body) return undefined;
  const { provider, body, api_flavor: flavor, model } = request.usage_body;
  const read = usageOfBody({
    provider: provider as string,
    body: body as JsonObject,
    ...(flavor === undefined ? {} : { apiFlavor: flavor as string }),
    ...(model === undefined ? {} : { model: model as string }),
  });
  return 'fault' in read ? read : { provider: provider as string, ...read };
}

function usageOf({ provider, model, max_output_tokens: most, ...counts }: JsonObject): Usage {
  return {
    provider: provider as string,
    model: model as string,
    counts: counts as Usage['counts'],
    ...(most === undefined ? {} : { maxOutputTokens: most as number }),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
