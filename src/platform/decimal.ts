/** Decimal places that an amount may have. One nano-unit is 10^-9 of a unit: a single cheap token costs some 20 nano-dollars. */
export const DECIMALS = 9;

export const NANO_PER_UNIT = 1_000_000_000n;
const DECIMAL = /^-?\d+(?:\.\d{1,9})?$/;
const ZEROS = '0'.repeat(DECIMALS);

/** Thrown when a text or number is not a decimal with at most nine decimals. */
export class NotADecimalError extends Error {}

/**
 * Exact nano-units of a JSON number, read from its shortest decimal form (ECMAScript Number::toString).
 * @throws NotADecimalError when it is not finite or has a tenth decimal
 */
export function nanoOfNumber(value: number): bigint {
  if (!Number.isFinite(value)) throw new NotADecimalError('is not a finite number');
  return nanoOfDecimal(plainForm(value));
}

/**
 * Exact nano-units of a decimal text such as `-12.5`.
 * @throws NotADecimalError when it has another form or a tenth decimal
 */
export function nanoOfDecimal(text: string): bigint {
  if (!DECIMAL.test(text)) throw new NotADecimalError(`is not a decimal with at most ${DECIMALS} decimals`);
  const point = text.indexOf('.');
  // Read as one whole number: a fraction of fewer digits is filled up with zeros, and the sign stays in front.
  if (point < 0) return BigInt(text) * NANO_PER_UNIT;
  const fraction = text.slice(point + 1);
  return BigInt(text.slice(0, point) + fraction + ZEROS.slice(fraction.length));
}

/** Canonical decimal of nano-units: no exponent, no trailing zeros, `-0` never. */
export function decimalOfNano(nano: bigint): string {
  const digits = (nano < 0n ? -nano : nano).toString().padStart(DECIMALS + 1, '0');
  const whole = digits.slice(0, -DECIMALS);
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  return `${nano < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Nano-units as the JSON number of an answer; exact up to 15 significant digits. */
export function numberOfNano(nano: bigint): number {
  return Number(decimalOfNano(nano));
}

/** Writes out the exponent of numbers below 10^-6 and from 10^21. */
function plainForm(value: number): string {
  const shortest = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(shortest);
  if (!match) return shortest;
  const [, sign = '', first = '', rest = '', exponent = '0'] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}
