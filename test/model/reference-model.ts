import { windowAt, type Every, type Zone } from './calendar.js';

/** The budgets as docs/metabolism.md tells them: small, slow, and with nothing of the product in it. Amounts are nano-units, times ms. */

export type ModelPeriod =
  | { readonly kind: 'calendar'; readonly every: Every; readonly zone: Zone }
  | { readonly kind: 'repeating'; readonly ms: number }
  | { readonly kind: 'rolling'; readonly ms: number }
  | { readonly kind: 'single'; readonly ms: number }
  | { readonly kind: 'lifetime' };

export interface WantedModelLimit {
  readonly unit: string;
  readonly total: bigint;
  readonly period: ModelPeriod;
}

export interface ModelAmount {
  readonly unit: string;
  readonly nano: bigint;
}

interface Booking {
  readonly at: number;
  readonly nano: bigint;
}

interface ModelLimit {
  readonly unit: string;
  readonly period: ModelPeriod;
  /** Rank by age; never given twice. */
  readonly rank: number;
  total: bigint;
  start: number;
  end: number | null;
  /** Number of the command that its window began with. */
  since: number;
  /** What the window bears. */
  used: bigint;
  funded: bigint;
  fundedUntil: number | null;
  /** Of a rolling window: everything that was booked since the limit was made. */
  bookings: Booking[];
  told: number;
  inDebt: boolean;
}

interface ModelScope {
  readonly id: string;
  readonly kind: 'substrate' | 'group' | 'agent';
  parent: string | null;
  limits: ModelLimit[];
  readonly held: Map<string, bigint>;
  readonly booked: Map<string, bigint>;
}

export interface ModelHold {
  readonly agent: string;
  readonly amounts: readonly ModelAmount[];
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  status: 'authorized' | 'succeeded' | 'failed' | 'expired';
  costs: ModelAmount[] | null;
  /** Number of the command and moment of its estimate. */
  estimated: Estimate | null;
}

interface Estimate {
  readonly command: number;
  readonly at: number;
}

/** What a command comes to. */
export interface Expected {
  readonly status: number;
  readonly code?: string;
  readonly scope?: string;
  readonly unit?: string;
  readonly remaining?: bigint;
}

/** What a limit bears, as the page defines it. */
export interface ModelStanding {
  readonly total: bigint;
  readonly spent: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  readonly remaining: bigint;
}

const ROOT = 'substrate';
const THRESHOLDS = [50, 80, 95, 100];
const LEVELS_MAX = 6;

export class ReferenceModel {
  now = 0;
  readonly scopes = new Map<string, ModelScope>();
  readonly holds = new Map<string, ModelHold>();
  /** Events that the log must have besides: `threshold scope unit percent` and `debt scope unit`. */
  readonly notices: string[] = [];
  ledgerRows = 0;
  private command = 0;
  private ranks = 0;

  /** Time goes on. */
  setClock(ms: number): void {
    this.now = ms;
  }

  scope(id: string): ModelScope {
    const known = this.scopes.get(id);
    if (known) return known;
    const kind = id === ROOT ? 'substrate' : id.startsWith('agent:') ? 'agent' : 'group';
    const parent = id === ROOT ? null : ROOT;
    const made: ModelScope = { id, kind, parent, limits: [], held: new Map(), booked: new Map() };
    this.scopes.set(id, made);
    return made;
  }

  chain(id: string): ModelScope[] {
    const { parent } = this.scope(id);
    return [this.scope(id), ...(parent === null ? [] : this.chain(parent))];
  }

  createGroup(id: string, parent: string, limits: readonly WantedModelLimit[]): Expected {
    this.begin();
    const problem = this.placeProblem(id, parent, 1);
    if (problem) return problem;
    const scope = this.scope(id);
    scope.parent = parent;
    this.setLimits(scope, limits);
    return { status: 201 };
  }

  move(id: string, parent: string): Expected {
    this.begin();
    const isGroup = !id.startsWith('agent:') && id !== ROOT;
    if (isGroup && !this.scopes.has(id)) return { status: 404 };
    if (id === ROOT) return { status: 409, code: 'METABOLISM.NOT_A_GROUP' };
    const problem = this.placeProblem(id, parent, isGroup ? this.height(id) : 0);
    if (problem) return problem;
    this.scope(id).parent = parent;
    return { status: 200 };
  }

  limit(id: string, limits: readonly WantedModelLimit[]): Expected {
    this.begin();
    if (!id.startsWith('agent:') && id !== ROOT && !this.scopes.has(id)) return { status: 404 };
    this.setLimits(this.scope(id), limits);
    return { status: 200 };
  }

  allocate(agent: string, unit: string, total: bigint, ms: number): Expected {
    this.begin();
    const scope = this.scope(`agent:${agent}`);
    const before = scope.limits.find((limit) => limit.unit === unit && limit.period.kind === 'single');
    const carried = before ? this.standing(scope, before).debt : 0n;
    const fresh = this.newLimit(unit, total, { kind: 'single', ms }, before?.rank ?? (this.ranks += 1));
    fresh.used = carried;
    scope.limits = [...scope.limits.filter((limit) => limit !== before), fresh];
    fresh.inDebt = this.standing(scope, fresh).debt > 0n;
    return { status: 200 };
  }

  authorize(id: string, agent: string, amounts: readonly ModelAmount[], ttlMs: number): Expected {
    this.begin();
    const chain = this.chain(`agent:${agent}`);
    for (const asked of amounts) {
      const refused = this.refusal(chain, asked);
      if (refused) return refused;
    }
    const scopes = chain.map((scope) => scope.id);
    this.post(
      scopes,
      amounts.map(({ unit, nano }) => ({ unit, held: nano, booked: 0n })),
    );
    const expiresAt = this.now + ttlMs;
    this.holds.set(id, { agent, amounts, scopes, expiresAt, status: 'authorized', costs: null, estimated: null });
    return { status: 201 };
  }

  complete(id: string, status: 'success' | 'failed', costs: readonly ModelAmount[]): Expected {
    this.begin();
    const hold = this.holds.get(id);
    if (!hold) return { status: 404 };
    if (hold.status === 'succeeded' || hold.status === 'failed')
      return { status: 409, code: 'ACTIONS.ALREADY_COMPLETED' };
    if (costs.some(({ unit }) => !hold.amounts.some((amount) => amount.unit === unit))) {
      return { status: 409, code: 'ACTIONS.UNIT_MISMATCH' };
    }
    const real = hold.amounts.map(({ unit, nano }) => {
      const said = costs.find((cost) => cost.unit === unit)?.nano;
      return { unit, nano: said ?? (status === 'success' ? nano : 0n) };
    });
    if (hold.status === 'authorized') {
      this.settle(hold, real);
      this.ledgerRows += real.filter(({ nano }) => nano > 0n || status === 'success').length;
    } else this.correct(hold, real);
    hold.status = status === 'success' ? 'succeeded' : 'failed';
    hold.costs = real;
    return { status: 200 };
  }

  /** Whether there was anything to expire. */
  expire(id: string): boolean {
    const hold = this.holds.get(id);
    if (hold?.status !== 'authorized' || hold.expiresAt > this.now) return false;
    this.begin();
    this.settle(hold, hold.amounts);
    this.ledgerRows += hold.amounts.length;
    hold.status = 'expired';
    hold.costs = [...hold.amounts];
    hold.estimated = { command: this.command, at: this.now };
    return true;
  }

  charge(agent: string, amounts: readonly ModelAmount[], action: string | null): Expected {
    this.begin();
    const hold = action === null ? null : this.holds.get(action);
    if (action !== null && hold?.agent !== agent) return { status: 404 };
    const chain = hold ? hold.scopes.map((id) => this.scope(id)) : this.chain(`agent:${agent}`);
    for (const { unit } of amounts) {
      if (this.limitsIn(chain, unit).some(({ limit }) => this.isInForce(limit))) continue;
      return { status: 402, code: 'METABOLISM.BUDGET_EXCEEDED' };
    }
    this.post(
      chain.map((scope) => scope.id),
      amounts.map(({ unit, nano }) => ({ unit, held: 0n, booked: nano })),
    );
    this.ledgerRows += amounts.length;
    return { status: 201 };
  }

  relieve(id: string, rank: number, how: 'forgive' | 'fund', nano: bigint | null): Expected {
    this.begin();
    const scope = this.scope(id);
    const limit = scope.limits.find((each) => each.rank === rank);
    if (!limit) return { status: 404 };
    const { debt } = this.standing(scope, limit);
    const relief = nano ?? debt;
    if (relief === 0n || (how === 'forgive' && relief > debt)) return { status: 409, code: 'METABOLISM.NOT_IN_DEBT' };
    if (how === 'fund' || limit.period.kind === 'rolling') {
      limit.funded += relief;
      if (limit.period.kind === 'rolling') limit.fundedUntil = this.now + limit.period.ms;
    } else limit.used -= relief;
    limit.inDebt = this.standing(scope, limit).debt > 0n;
    return { status: 200 };
  }

  standing(scope: ModelScope, limit: ModelLimit): ModelStanding {
    const held = scope.held.get(limit.unit) ?? 0n;
    const total = limit.total + limit.funded;
    const room = atLeastZero(total - held);
    const spent = limit.used < room ? limit.used : room;
    const remaining = this.isInForce(limit) ? atLeastZero(total - held - limit.used) : 0n;
    return { total, spent, held, debt: limit.used - spent, remaining };
  }

  /** What a rolling window bears at least, and at most: a sixtieth more of its time. */
  rollingBounds(limit: ModelLimit): readonly [bigint, bigint] {
    if (limit.period.kind !== 'rolling') return [limit.used, limit.used];
    const { ms } = limit.period;
    const sumOf = (bookings: readonly Booking[]): bigint => bookings.reduce((sum, { nano }) => sum + nano, 0n);
    const least = limit.bookings.filter(({ at }) => at > this.now - ms);
    const most = limit.bookings.filter(({ at }) => at > this.now - ms - ms / 60);
    return [sumOf(least), sumOf(most)];
  }

  /** Time goes on: windows that are over give way to the next, one after the other. */
  advance(): void {
    for (const scope of this.scopes.values()) for (const limit of scope.limits) this.advanceLimit(scope, limit);
  }

  private begin(): void {
    this.command += 1;
    this.advance();
  }

  private advanceLimit(scope: ModelScope, limit: ModelLimit): void {
    const { period } = limit;
    if (period.kind === 'rolling') {
      if (limit.fundedUntil !== null && limit.fundedUntil <= this.now) [limit.funded, limit.fundedUntil] = [0n, null];
      return;
    }
    if (period.kind === 'single' || period.kind === 'lifetime') return;
    while (limit.end !== null && this.now >= limit.end) {
      const { debt } = this.standing(scope, limit);
      // Where nothing is owed, the windows in between are all alike.
      const from = debt === 0n ? this.now : limit.end;
      const next =
        period.kind === 'calendar'
          ? windowAt(period.every, period.zone, from)
          : spanOf(limit.start, period.ms, Math.floor((from - limit.start) / period.ms));
      Object.assign(limit, { ...next, used: debt, funded: 0n, told: 0, since: this.command });
    }
  }

  private refusal(chain: readonly ModelScope[], { unit, nano }: ModelAmount): Expected | null {
    const limits = this.limitsIn(chain, unit);
    const refused = { status: 402, code: 'METABOLISM.BUDGET_EXCEEDED', unit };
    if (limits.length === 0) return { ...refused, scope: chain[0]?.id ?? '', remaining: 0n };
    for (const { scope, limit } of limits) {
      const { debt, remaining } = this.standing(scope, limit);
      if (!this.isInForce(limit) || debt > 0n || nano > remaining) return { ...refused, scope: scope.id, remaining };
    }
    return null;
  }

  private limitsIn(chain: readonly ModelScope[], unit: string): { scope: ModelScope; limit: ModelLimit }[] {
    return chain.flatMap((scope) =>
      scope.limits
        .filter((limit) => limit.unit === unit)
        .toSorted((a, b) => a.rank - b.rank)
        .map((limit) => ({ scope, limit })),
    );
  }

  private isInForce(limit: ModelLimit): boolean {
    return limit.period.kind !== 'single' || (limit.end !== null && this.now < limit.end);
  }

  private settle(hold: ModelHold, costs: readonly ModelAmount[]): void {
    this.post(
      hold.scopes,
      hold.amounts.map(({ unit, nano }) => {
        return { unit, held: -nano, booked: costs.find((cost) => cost.unit === unit)?.nano ?? 0n };
      }),
    );
  }

  private correct(hold: ModelHold, costs: readonly ModelAmount[]): void {
    const differences = costs
      .map(({ unit, nano }) => {
        return { unit, nano: nano - (hold.costs?.find((cost) => cost.unit === unit)?.nano ?? 0n) };
      })
      .filter(({ nano }) => nano !== 0n);
    if (differences.length === 0) return;
    this.post(
      hold.scopes,
      differences.map(({ unit, nano }) => ({ unit, held: 0n, booked: nano })),
      hold.estimated,
    );
    this.ledgerRows += differences.length;
  }

  private post(
    scopes: readonly string[],
    movements: readonly { readonly unit: string; readonly held: bigint; readonly booked: bigint }[],
    origin: ModelHold['estimated'] = null,
  ): void {
    for (const id of scopes) {
      const scope = this.scope(id);
      for (const { unit, held, booked } of movements) {
        scope.held.set(unit, (scope.held.get(unit) ?? 0n) + held);
        scope.booked.set(unit, (scope.booked.get(unit) ?? 0n) + booked);
      }
      for (const limit of scope.limits.toSorted((a, b) => a.rank - b.rank)) {
        const movement = movements.find(({ unit }) => unit === limit.unit);
        if (!movement) continue;
        const isBack = movement.booked < 0n && origin !== null;
        if (!isBack || origin.command >= limit.since) limit.used += movement.booked;
        if (movement.booked !== 0n && limit.period.kind === 'rolling' && (!isBack || origin.command >= limit.since)) {
          limit.bookings.push({ at: isBack ? origin.at : this.now, nano: movement.booked });
        }
        this.tell(scope, limit);
      }
    }
  }

  private tell(scope: ModelScope, limit: ModelLimit): void {
    if (limit.period.kind === 'rolling') return;
    const { held, debt, total } = this.standing(scope, limit);
    for (const percent of THRESHOLDS) {
      if (percent <= limit.told || (limit.used + held) * 100n < BigInt(percent) * total) continue;
      this.notices.push(`threshold ${scope.id} ${limit.unit} ${percent}`);
      limit.told = percent;
    }
    if (debt > 0n && !limit.inDebt) this.notices.push(`debt ${scope.id} ${limit.unit}`);
    limit.inDebt = debt > 0n;
  }

  private setLimits(scope: ModelScope, wanted: readonly WantedModelLimit[]): void {
    const kept = scope.limits.filter((limit) => limit.period.kind === 'single');
    const free = scope.limits.filter((limit) => limit.period.kind !== 'single');
    const made = wanted.map(({ unit, total, period }) => {
      const same = free.find((limit) => limit.unit === unit && isSame(limit.period, period));
      if (same) same.total = total;
      return same ?? this.newLimit(unit, total, period, (this.ranks += 1));
    });
    scope.limits = [...kept, ...made];
    for (const limit of made) limit.inDebt = this.standing(scope, limit).debt > 0n;
  }

  private newLimit(unit: string, total: bigint, period: ModelPeriod, rank: number): ModelLimit {
    const span =
      period.kind === 'calendar'
        ? windowAt(period.every, period.zone, this.now)
        : {
            start: this.now,
            end: period.kind === 'lifetime' || period.kind === 'rolling' ? null : this.now + period.ms,
          };
    const empty = { used: 0n, funded: 0n, fundedUntil: null, bookings: [], told: 0, inDebt: false };
    return { unit, total, period, rank, ...span, since: this.command, ...empty };
  }

  private placeProblem(id: string, parent: string, height: number): Expected | null {
    if (parent.startsWith('agent:')) return { status: 409, code: 'METABOLISM.NOT_A_GROUP' };
    if (parent !== ROOT && !this.scopes.has(parent)) return { status: 404 };
    const above = this.chain(parent);
    if (above.some((scope) => scope.id === id)) return { status: 409, code: 'METABOLISM.SCOPE_LOOP' };
    const levels = above.length - 1 + height;
    return levels > LEVELS_MAX ? { status: 409, code: 'METABOLISM.SCOPE_TOO_DEEP' } : null;
  }

  private height(id: string): number {
    const below = [...this.scopes.values()].filter((scope) => scope.parent === id && scope.kind === 'group');
    return 1 + Math.max(0, ...below.map((scope) => this.height(scope.id)));
  }
}

function spanOf(first: number, ms: number, index: number): { readonly start: number; readonly end: number } {
  return { start: first + index * ms, end: first + (index + 1) * ms };
}

function isSame(one: ModelPeriod, other: ModelPeriod): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function atLeastZero(nano: bigint): bigint {
  return nano > 0n ? nano : 0n;
}
