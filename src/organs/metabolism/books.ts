import type { Command } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import type { State } from '../../event-log/working-set.js';
import { decimalOfNano, nanoOfDecimal } from '../../platform/decimal.js';
import type { Amount } from './amounts.js';
import type { Account } from './entities/account.entity.js';
import type { Limit } from './entities/limit.entity.js';
import {
  corrected,
  isInForce,
  reached,
  standingOf,
  upToDate,
  type Moment,
  type Standing,
  type Sums,
} from './limit.rules.js';
import { debtNotice, thresholdNotice } from './notices.js';
import { THRESHOLDS_DEFAULT } from './scopes.js';
import { ACCOUNTS, LIMITS, SCOPES } from './tables.js';

/** What changes in one unit in every scope of a path, in nano-units. */
export interface Movement {
  readonly unit: string;
  /** Added to the holds; negative: given back. */
  readonly held: bigint;
  /** Added to the ledger; negative where a correction takes something back. */
  readonly booked: bigint;
  /** The event that booked what is corrected. */
  readonly corrects?: number;
}

/** Why an amount does not fit. */
export interface Refusal {
  readonly reason: 'no_limit' | 'ended' | 'debt' | 'exceeded';
  /** The scope that said no; for `no_limit` the first of the path. */
  readonly scopeId: string;
  readonly limit: Readonly<Limit> | null;
  readonly asked: Amount;
  readonly remaining: bigint;
  readonly debt: bigint;
}

/**
 * The sums and limits of a path of scopes at one moment, upwards from an agent's: what fits, and what changes when
 * something is held or booked there. Reads the rows of `chainNeeds` or `holdNeeds`.
 */
export class Books {
  private readonly accounts = new Map<string, Account>();
  private readonly limits = new Map<string, Readonly<Limit>[]>();

  constructor(
    private readonly state: State,
    readonly scopes: readonly string[],
    private readonly moment: Moment,
  ) {}

  /** Why these amounts do not fit in every scope of the path, or null. In debt nothing fits, not even 0. */
  refusal(amounts: readonly Amount[]): Refusal | null {
    for (const asked of amounts) {
      const refusal = this.refusalOf(asked);
      if (refusal) return refusal;
    }
    return null;
  }

  /** The refusal where no scope of the path has a window in force in a unit, or null: what has arisen is booked in any other case. */
  unbudgeted(amounts: readonly Amount[]): Refusal | null {
    for (const asked of amounts) {
      if (this.limitsIn(asked.unit).some(({ limit }) => isInForce(limit, this.moment.now))) continue;
      return this.refusalOf(asked) ?? this.noLimit(asked);
    }
    return null;
  }

  /** What may still be held or charged in a unit: the least that any limit of the path leaves; 0 where there is none. */
  remaining(unit: string): bigint {
    const left = this.limitsIn(unit).map(({ standing }) => standing.remaining);
    return left.reduce((least, nano) => (nano < least ? nano : least), left[0] ?? 0n);
  }

  /** The largest debt of any limit of the path in a unit. */
  debt(unit: string): bigint {
    return this.limitsIn(unit).reduce((most, { standing }) => (standing.debt > most ? standing.debt : most), 0n);
  }

  /** The limits of a scope, brought up to date, in the order they were made. */
  limitsOf(scopeId: string): readonly Readonly<Limit>[] {
    const known = this.limits.get(scopeId);
    if (known) return known;
    const rows = this.state.find(LIMITS, 'scope_id', scopeId);
    const limits = rows
      .map((row) => upToDate(row, this.sumsOf(scopeId, row.unit), this.moment))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.limits.set(scopeId, limits);
    return limits;
  }

  /** Each limit of the path in a unit, upwards, with what it bears. */
  limitsIn(unit: string): { readonly limit: Readonly<Limit>; readonly standing: Standing }[] {
    return this.scopes.flatMap((scopeId) =>
      this.limitsOf(scopeId)
        .filter((limit) => limit.unit === unit)
        .map((limit) => ({ limit, standing: standingOf(limit, this.sumsOf(scopeId, unit), this.moment.now) })),
    );
  }

  /** The sums of a scope in a unit. */
  sumsOf(scopeId: string, unit: string): Sums {
    const balance = this.accountOf(scopeId).balances[unit];
    if (!balance) return { held: 0n, booked: 0n };
    return { held: nanoOfDecimal(balance.held), booked: nanoOfDecimal(balance.booked) };
  }

  /** Holds and books in every scope of the path; tells thresholds that are reached and limits that come into debt. */
  post(movements: readonly Movement[]): { readonly effects: Effect[]; readonly followUps: Command[] } {
    const effects: Effect[] = [];
    const followUps: Command[] = [];
    for (const scopeId of this.scopes) {
      const before = this.limitsOf(scopeId);
      const account = this.moved(scopeId, movements);
      const isNew = this.state.get(ACCOUNTS, scopeId) === null;
      effects.push(isNew ? inserted(ACCOUNTS, account) : updated(ACCOUNTS, account));
      this.accounts.set(scopeId, account);
      const after = before.map((limit) => {
        const movement = movements.find((m) => m.unit === limit.unit);
        return movement ? this.borne(limit, movement, followUps) : limit;
      });
      this.limits.set(scopeId, after);
      for (const limit of after) {
        if (limit !== this.state.find(LIMITS, 'scope_id', scopeId).find((row) => row.id === limit.id))
          effects.push(updated(LIMITS, limit));
      }
    }
    return { effects, followUps };
  }

  private moved(scopeId: string, movements: readonly Movement[]): Account {
    const balances = { ...this.accountOf(scopeId).balances };
    for (const { unit, held, booked } of movements) {
      const sums = this.sumsOf(scopeId, unit);
      balances[unit] = { booked: decimalOfNano(sums.booked + booked), held: decimalOfNano(sums.held + held) };
    }
    return { scope_id: scopeId, balances };
  }

  /** The limit after its scope's sums have moved. */
  private borne(limit: Readonly<Limit>, { booked, corrects }: Movement, followUps: Command[]): Readonly<Limit> {
    const sums = this.sumsOf(limit.scope_id, limit.unit);
    const bearing = corrects === undefined ? limit : corrected(limit, corrects, booked);
    const { debt } = standingOf(bearing, sums, this.moment.now);
    const thresholds = this.state.get(SCOPES, limit.scope_id)?.thresholds ?? THRESHOLDS_DEFAULT;
    const told = reached(bearing, sums, thresholds);
    for (const percent of told) followUps.push(thresholdNotice(bearing, sums, percent));
    if (debt > 0n && !limit.in_debt) followUps.push(debtNotice(bearing, debt));
    const highest = told.at(-1);
    if (highest === undefined && debt > 0n === limit.in_debt) return bearing;
    return {
      ...bearing,
      ...(highest === undefined ? {} : { told: highest, told_at: this.moment.now }),
      in_debt: debt > 0n,
    };
  }

  private refusalOf(asked: Amount): Refusal | null {
    const limits = this.limitsIn(asked.unit);
    if (limits.length === 0) return this.noLimit(asked);
    for (const { limit, standing } of limits) {
      const refusal = { scopeId: limit.scope_id, limit, asked, remaining: standing.remaining, debt: standing.debt };
      if (!isInForce(limit, this.moment.now)) return { ...refusal, reason: 'ended' };
      if (standing.debt > 0n) return { ...refusal, reason: 'debt' };
      if (asked.nano > standing.remaining) return { ...refusal, reason: 'exceeded' };
    }
    return null;
  }

  private noLimit(asked: Amount): Refusal {
    return { reason: 'no_limit', scopeId: this.scopes[0] ?? '', limit: null, asked, remaining: 0n, debt: 0n };
  }

  private accountOf(scopeId: string): Account {
    const known = this.accounts.get(scopeId) ?? this.state.get(ACCOUNTS, scopeId);
    return known ?? { scope_id: scopeId, balances: {} };
  }
}
