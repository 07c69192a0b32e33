/** Distances are measured by the third largest before: two mistakes of any size leave the measure as it was. */
export const RECORDS = 3;
/** And each counts as so many times the measure at most: more mistakes do not hide what follows. */
export const RECORD_GROWTH_MAX = 3;

/** The largest of the distances at which new values lay, which tells what a large distance is in this series. */
export class Yardstick {
  private readonly records: number[];
  /** By what all fall at each value; only arithmetic, whose bits are the same on every machine. */
  private readonly decay: number;

  /**
   * @param halfLife values after which a distance counts half
   * @param saved the largest distances, in descending order
   */
  constructor(halfLife: number, saved: readonly number[] = []) {
    this.records = [...saved];
    this.decay = 1 - Math.LN2 / halfLife;
  }

  /** A large distance; 0 before the first one. */
  get length(): number {
    return this.records[RECORDS - 1] ?? this.records[0] ?? 0;
  }

  /** Takes the next value's distance; `isFree` when it may be of any size, as in the warm-up. */
  learn(distance: number, isFree: boolean): void {
    for (const [index, record] of this.records.entries()) this.records[index] = record * this.decay;
    if (distance === 0) return;
    const isWhole = isFree || this.records.length < RECORDS;
    this.records.push(isWhole ? distance : Math.min(distance, RECORD_GROWTH_MAX * this.length));
    this.records.sort((a, b) => b - a).splice(RECORDS);
  }

  state(): readonly number[] {
    return [...this.records];
  }
}
