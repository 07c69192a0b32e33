import { extractUsage, findProvider, type Provider } from '@pydantic/genai-prices';
import type { JsonObject } from '../../../platform/json.js';
import type { Counts } from './price-of.js';
import { USAGE_KINDS } from './usage-kinds.js';

/** Why a provider's answer tells no usage. */
export interface BodyFault {
  readonly code: 'USAGE_MISSING' | 'MODEL_MISSING' | 'BODY_UNREADABLE' | 'BODY_AMBIGUOUS';
  readonly detail: string;
}

/** A provider's own response body, and what tells how to read it where it does not say so itself. */
export interface ProviderBody {
  readonly provider: string;
  readonly body: JsonObject;
  /** The form of the answer, as genai-prices names it; absent: any form of the provider that fits. */
  readonly apiFlavor?: string;
  /** Where the body names no model. */
  readonly model?: string;
}

/** What a provider's answer says that was used. */
export interface BodyUsage {
  readonly model: string;
  readonly counts: Counts;
}

/**
 * Reads the usage from a provider's own response body. Where several forms fit, the one that reads all that the others
 * do is taken; where none does, the caller must say. A body without usage, such as one that was streamed, is a fault
 * and never nothing used.
 */
export function usageOfBody(answer: ProviderBody): BodyUsage | { readonly fault: BodyFault } {
  const provider = findProvider({ providerId: answer.provider });
  const forms = provider?.extractors?.filter(({ api_flavor: flavor }) => flavor === (answer.apiFlavor ?? flavor)) ?? [];
  if (!provider || forms.length === 0) {
    const form = answer.apiFlavor === undefined ? '' : ` as ${answer.apiFlavor}`;
    const detail = `how ${answer.provider} answers${form} is not known; send usage instead`;
    return { fault: { code: 'BODY_UNREADABLE', detail } };
  }
  const readings: BodyUsage[] = [];
  let why = '';
  for (const { api_flavor: flavor } of forms) {
    try {
      readings.push(read(provider, answer, flavor));
    } catch (error) {
      why ||= error instanceof Error ? error.message : String(error);
    }
  }
  const whole = readings.find((one) => readings.every((other) => includes(one.counts, other.counts)));
  if (whole?.model === '') return { fault: { code: 'MODEL_MISSING', detail: 'the body names no model; say model' } };
  if (whole) return whole;
  if (readings.length > 0) {
    return { fault: { code: 'BODY_AMBIGUOUS', detail: 'the body can be read in several ways; say api_flavor' } };
  }
  const hasUsage = forms.some(({ root }) => isObject(at(answer.body, typeof root === 'string' ? [root] : root)));
  return hasUsage
    ? { fault: { code: 'BODY_UNREADABLE', detail: `the usage in the body cannot be read: ${why}` } }
    : {
        fault: { code: 'USAGE_MISSING', detail: 'the body has no usage; a streamed answer tells it in its last part' },
      };
}

function read(provider: Provider, answer: ProviderBody, flavor: string): BodyUsage {
  const { model: named, usage } = extractUsage(provider, answer.body, flavor);
  const model = answer.model ?? named ?? '';
  const counts: Record<string, number> = {};
  for (const [kind, count] of Object.entries(usage)) {
    if (count !== undefined && USAGE_KINDS.has(kind)) counts[kind] = count;
  }
  return { model, counts };
}

/** Whether one reading has at least as much of every kind as another one. */
function includes(one: Counts, other: Counts): boolean {
  return Object.entries(other).every(([kind, count]) => count <= (one[kind] ?? 0));
}

function at(body: JsonObject, path: readonly unknown[]): unknown {
  return path.reduce<unknown>((value, step) => {
    return isObject(value) && typeof step === 'string' ? value[step] : undefined;
  }, body);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
