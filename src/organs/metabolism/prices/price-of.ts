import { nanoOfNumber } from '../../../platform/decimal.js';
import { PRICE_DECIMALS, type CardPrice, type PriceCard } from './price-card.js';
import { isWithin, PRICED_KINDS, REQUESTS, USAGE_KINDS, type UsageKind } from './usage-kinds.js';

/** Counts by kind; tokens and pieces are whole numbers, seconds may have nine decimals. */
export type Counts = Readonly<Record<string, number>>;

/** Why a usage has no price. */
export interface PriceFault {
  readonly code: 'KIND_UNPRICED' | 'USAGE_INCONSISTENT';
  readonly detail: string;
}

/** A quantity of some kind, in 10^-9 pieces. */
type Nano = bigint;

/** All numbers of pieces that prices are for divide it: 10^9 and 3,600. */
const PER_ALL = 9_000_000_000n;
const PRICE_ATOMS = 10n ** BigInt(PRICE_DECIMALS);

/**
 * What a usage costs, in nano-dollars: exact, rounded once, half to even. Kinds without a price of their own are priced
 * as the whole that they are a part of; a kind of which nothing has a price is a fault, never zero.
 */
export function priceOf(counts: Counts, card: PriceCard): { readonly nano: bigint } | { readonly fault: PriceFault } {
  const priced = Object.keys(card).flatMap((key) => PRICED_KINDS.get(key) ?? []);
  const reported = reportedKinds(counts);
  const stray = reported.find((kind) => !priced.some((whole) => isWithin(kind, whole)));
  if (stray) return { fault: { code: 'KIND_UNPRICED', detail: `there is no price for ${stray.name} of this model` } };
  const shares = sharesOf(priced, reported, counts);
  if ('fault' in shares) return shares;
  const inputTokens = counts['input_tokens'] ?? 0;
  let sum = 0n;
  for (const [kind, quantity] of shares.shares) {
    sum += quantity * atomsOf(card[kind.priceKey], inputTokens) * (PER_ALL / kind.per);
  }
  return { nano: halfEven(sum, PER_ALL * PRICE_ATOMS) };
}

function reportedKinds(counts: Counts): UsageKind[] {
  return Object.entries(counts).flatMap(([name, count]) => {
    const kind = USAGE_KINDS.get(name);
    return kind && count > 0 ? [kind] : [];
  });
}

/** How much of each priced kind there is once those parts of it that have prices of their own are taken out. */
function sharesOf(
  priced: readonly UsageKind[],
  reported: readonly UsageKind[],
  counts: Counts,
): { readonly shares: ReadonlyMap<UsageKind, Nano> } | { readonly fault: PriceFault } {
  const inconsistent = (detail: string) => ({ fault: { code: 'USAGE_INCONSISTENT', detail } as const });
  const shares = new Map<UsageKind, Nano>();
  for (const kind of priced.toSorted((a, b) => b.tags.size - a.tags.size)) {
    if (kind.name === REQUESTS) {
      shares.set(kind, nanoOfNumber(1));
      continue;
    }
    const count = counts[kind.name];
    if (count === undefined) {
      const part = reported.find((other) => other !== kind && isWithin(other, kind));
      if (part) return inconsistent(`${part.name} are some of the ${kind.name}, which are not told`);
      const overlap = overlapOf(kind, reported);
      if (overlap) return inconsistent(`${kind.name} are in both ${overlap.join(' and ')}, and are not told`);
    }
    let share = nanoOfNumber(count ?? 0);
    for (const [part, taken] of shares) if (part !== kind && isWithin(part, kind)) share -= taken;
    if (share < 0n) return inconsistent(`the parts of the ${kind.name} are more than ${count ?? 0}`);
    shares.set(kind, share);
  }
  return { shares };
}

/** Two reported kinds that have the tags of a third between them, so that some of them may be of that kind. */
function overlapOf(kind: UsageKind, reported: readonly UsageKind[]): [string, string] | null {
  for (const one of reported) {
    for (const other of reported) {
      if (isWithin(one, other) || isWithin(other, one)) continue;
      const both = new Set([...one.tags, ...other.tags]);
      if (both.size === kind.tags.size && [...both].every((tag) => kind.tags.has(tag))) return [one.name, other.name];
    }
  }
  return null;
}

/** The price that a call pays, in 10^-12 dollars. */
function atomsOf(price: CardPrice | undefined, inputTokens: number): bigint {
  if (price === undefined) return 0n;
  if (typeof price === 'string') return atomsOfText(price);
  const tiers = price.tiers.toSorted((a, b) => a.start - b.start);
  return atomsOfText(tiers.findLast(({ start }) => inputTokens > start)?.price ?? price.base);
}

function atomsOfText(price: string): bigint {
  const [whole = '0', decimals = ''] = price.split('.');
  return BigInt(whole) * PRICE_ATOMS + BigInt(decimals.padEnd(PRICE_DECIMALS, '0'));
}

/** Rounds a quotient of numbers that are not negative to a whole number, a half to the even one. */
function halfEven(dividend: bigint, divisor: bigint): bigint {
  const [quotient, rest] = [dividend / divisor, dividend % divisor];
  const isUp = rest * 2n > divisor || (rest * 2n === divisor && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}
