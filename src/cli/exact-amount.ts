import { DECIMALS, decimalOfNano, nanoOfNumber, numberOfNano } from '../platform/decimal.js';

/** Longer texts are not amounts; the longest shortest-form double has 24 characters. */
const AMOUNT_CHARS_MAX = 400;
/** Beyond the exponents of a double; bounds the size of the power of ten made from a text. */
const EXPONENT_MAX = 400;
const SCIENTIFIC = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Nano-units of a decimal text such as `0.0348` or `1.4999999999999999e-05`, rounded half to even at nine decimals.
 * The text's digits are used as they stand; no float is involved.
 * @throws RangeError when the text is not a decimal number of zero or more
 */
export function roundToNano(text: string): bigint {
  const match = text.length <= AMOUNT_CHARS_MAX ? SCIENTIFIC.exec(text) : null;
  if (match === null) throw new RangeError(`"${text.slice(0, 40)}" is not a decimal number of zero or more`);
  const [, whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > EXPONENT_MAX) throw new RangeError(`the exponent of "${text.slice(0, 40)}" is out of range`);
  const digits = BigInt(whole + fraction);
  const excessDecimals = fraction.length - exponent - DECIMALS;
  return excessDecimals <= 0 ? digits * 10n ** BigInt(-excessDecimals) : divideHalfEven(digits, excessDecimals);
}

/**
 * Nano-units as the JSON number of a request.
 * @throws RangeError when a double cannot carry it exactly (more than some 15 digits)
 */
export function jsonAmount(nano: bigint): number {
  const amount = numberOfNano(nano);
  if (nanoOfNumber(amount) !== nano) {
    throw new RangeError(`${decimalOfNano(nano)} has more digits than a JSON number carries exactly`);
  }
  return amount;
}

function divideHalfEven(digits: bigint, decimals: number): bigint {
  const divisor = 10n ** BigInt(decimals);
  const quotient = digits / divisor;
  const twiceRest = (digits % divisor) * 2n;
  const up = twiceRest > divisor || (twiceRest === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}
