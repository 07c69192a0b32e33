import type { Command } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import type { State } from '../../event-log/working-set.js';
import { decimalOfNano, nanoOfDecimal } from '../../platform/decimal.js';
import { nanoIn, type Amount } from './amounts.js';
import type { Account } from './entities/account.entity.js';
import type { Limit } from './entities/limit.entity.js';
import { shortfall, takenBack, type FundedAt, type Funding } from './funding.rules.js';
import {
  corrected,
  funded,
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

/** A limit of the path, brought up to date, and what it bears. */
export interface BorneLimit {
  /** As the table has it. */
  readonly row: Readonly<Limit>;
  readonly limit: Readonly<Limit>;
  readonly standing: Standing;
}

/**
 * The sums and limits of a path of scopes at one moment, upwards from an agent's: what fits, and what changes when
 * something is held or booked there. Reads the rows of `chainNeeds` or `holdNeeds`.
 */
export class Books {
  /** By scope and unit. */
  private readonly sums = new Map<string, Map<string, Sums>>();
  private readonly limits = new Map<string, readonly BorneLimit[]>();

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

  /** The limits of a scope, in the order they were made. */
  limitsOf(scopeId: string): readonly BorneLimit[] {
    const known = this.limits.get(scopeId);
    if (known) return known;
    const rows = this.state.find(LIMITS, 'scope_id', scopeId);
    const limits = rows.map((row): BorneLimit => {
      const sums = this.sumsOf(scopeId, row.unit);
      const limit = upToDate(row, sums, this.moment);
      return { row, limit, standing: standingOf(limit, sums, this.moment.now) };
    });
    const ordered = limits.length > 1 ? limits.toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1)) : limits;
    this.limits.set(scopeId, ordered);
    return ordered;
  }

  /** Each limit of the path in a unit, upwards. */
  limitsIn(unit: string): BorneLimit[] {
    const found: BorneLimit[] = [];
    for (const scopeId of this.scopes) {
      for (const each of this.limitsOf(scopeId)) if (each.limit.unit === unit) found.push(each);
    }
    return found;
  }

  /** The sums of a scope in a unit. */
  sumsOf(scopeId: string, unit: string): Sums {
    const ofScope = this.sumsIn(scopeId);
    const known = ofScope.get(unit);
    if (known) return known;
    const balance = this.state.get(ACCOUNTS, scopeId)?.balances[unit];
    const sums = balance ? { held: nanoOfDecimal(balance.held), booked: nanoOfDecimal(balance.booked) } : NOTHING;
    ofScope.set(unit, sums);
    return sums;
  }

  /**
   * Gives each limit in force exactly what it lacks for these amounts to fit. What is still refused then has no window that
   * could bear it. Shows in `post`.
   */
  fund(amounts: readonly Amount[]): Funding[] {
    return amounts.flatMap(({ unit, nano }) =>
      this.limitsIn(unit).flatMap((each): Funding[] => {
        const { limit, standing } = each;
        const lacking = isInForce(limit, this.moment.now) ? shortfall(standing, nano) : 0n;
        if (lacking === 0n) return [];
        this.put(each, funded(limit, lacking, this.moment.now));
        return [{ scope_id: limit.scope_id, limit_id: limit.id, unit, amount: decimalOfNano(lacking) }];
      }),
    );
  }

  /** Takes back what an action that has ended did not spend of what limits were given for it. Shows in `post`. */
  takeBack(fundings: readonly Funding[], unused: readonly Amount[], given: FundedAt): void {
    for (const funding of fundings) {
      const each = this.limitsOf(funding.scope_id).find(({ limit }) => limit.id === funding.limit_id);
      if (!each) continue;
      const { limit } = each;
      const back = takenBack(limit, funding, nanoIn(unused, funding.unit), given, this.moment.now);
      if (back > 0n) this.put(each, { ...limit, funded_nano: limit.funded_nano - back });
    }
  }

  /** Holds and books in every scope of the path; tells thresholds that are reached and limits that come into debt. */
  post(movements: readonly Movement[]): { readonly effects: Effect[]; readonly followUps: Command[] } {
    const effects: Effect[] = [];
    const followUps: Command[] = [];
    for (const scopeId of this.scopes) {
      const before = this.limitsOf(scopeId);
      effects.push(this.move(scopeId, movements));
      const after = before.map((each) => {
        const movement = movements.find((m) => m.unit === each.limit.unit);
        return movement ? this.borne(each, movement, followUps) : each;
      });
      this.limits.set(scopeId, after);
      for (const { row, limit } of after) if (limit !== row) effects.push(updated(LIMITS, limit));
    }
    return { effects, followUps };
  }

  /** Puts a limit in the place of what it was, with what it bears now. */
  private put({ row }: BorneLimit, limit: Readonly<Limit>): void {
    const standing = standingOf(limit, this.sumsOf(limit.scope_id, limit.unit), this.moment.now);
    const others = this.limitsOf(limit.scope_id);
    this.limits.set(
      limit.scope_id,
      others.map((each) => (each.row.id === row.id ? { row, limit, standing } : each)),
    );
  }

  private sumsIn(scopeId: string): Map<string, Sums> {
    const known = this.sums.get(scopeId);
    if (known) return known;
    const sums = new Map<string, Sums>();
    this.sums.set(scopeId, sums);
    return sums;
  }

  private move(scopeId: string, movements: readonly Movement[]): Effect {
    const row = this.state.get(ACCOUNTS, scopeId);
    const balances = { ...row?.balances };
    for (const { unit, held, booked } of movements) {
      const before = this.sumsOf(scopeId, unit);
      const sums = { held: before.held + held, booked: before.booked + booked };
      this.sumsIn(scopeId).set(unit, sums);
      balances[unit] = { booked: decimalOfNano(sums.booked), held: decimalOfNano(sums.held) };
    }
    const account: Account = { scope_id: scopeId, balances };
    return row ? updated(ACCOUNTS, account) : inserted(ACCOUNTS, account);
  }

  /** A limit after its scope's sums have moved. */
  private borne({ row, limit }: BorneLimit, { booked, corrects }: Movement, followUps: Command[]): BorneLimit {
    const sums = this.sumsOf(limit.scope_id, limit.unit);
    const bearing = corrects === undefined ? limit : corrected(limit, corrects, booked);
    const standing = standingOf(bearing, sums, this.moment.now);
    const thresholds = this.state.get(SCOPES, limit.scope_id)?.thresholds ?? THRESHOLDS_DEFAULT;
    const told = reached(bearing, sums, thresholds);
    for (const percent of told) followUps.push(thresholdNotice(bearing, sums, percent));
    const isInDebt = standing.debt > 0n;
    if (isInDebt && !limit.in_debt) followUps.push(debtNotice(bearing, standing.debt));
    const highest = told.at(-1);
    if (highest === undefined && isInDebt === limit.in_debt) return { row, limit: bearing, standing };
    const marked = { ...bearing, ...(highest === undefined ? {} : { told: highest, told_at: this.moment.now }) };
    return { row, limit: { ...marked, in_debt: isInDebt }, standing };
  }

  private refusalOf(asked: Amount): Refusal | null {
    const limits = this.limitsIn(asked.unit);
    if (limits.length === 0) return this.noLimit(asked);
    for (const { limit, standing } of limits) {
      const reason = this.reasonOf(limit, standing, asked.nano);
      if (reason === null) continue;
      return { reason, scopeId: limit.scope_id, limit, asked, remaining: standing.remaining, debt: standing.debt };
    }
    return null;
  }

  private reasonOf(limit: Readonly<Limit>, { debt, remaining }: Standing, asked: bigint): Refusal['reason'] | null {
    if (!isInForce(limit, this.moment.now)) return 'ended';
    if (debt > 0n) return 'debt';
    return asked > remaining ? 'exceeded' : null;
  }

  private noLimit(asked: Amount): Refusal {
    return { reason: 'no_limit', scopeId: this.scopes[0] ?? '', limit: null, asked, remaining: 0n, debt: 0n };
  }
}

const NOTHING: Sums = { held: 0n, booked: 0n };
