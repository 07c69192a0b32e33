/** The grain of a share of a limit. */
const THOUSANDTHS = 1_000;

/** A share, above 0 and up to 1 and taken to a thousandth, of nano-units. */
export function shareOf(nano: bigint, share: number): bigint {
  return (nano * BigInt(Math.round(share * THOUSANDTHS))) / BigInt(THOUSANDTHS);
}

/** A share as a percentage, without the tail of a binary fraction. */
export function percent(share: number): number {
  return Math.round(share * THOUSANDTHS) / (THOUSANDTHS / 100);
}
