import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Command, Reply } from '../../src/event-log/command.js';
import { authorizeCommand } from '../../src/organs/actions/authorize.command.js';
import { chargeCommand } from '../../src/organs/actions/charge.command.js';
import { completeCommand } from '../../src/organs/actions/complete.command.js';
import { expireCommand } from '../../src/organs/actions/expire.command.js';
import { registerCommand } from '../../src/organs/agents/agents.commands.js';
import { newApiKey } from '../../src/organs/agents/api-key.js';
import { relieveCommand } from '../../src/organs/metabolism/debt.commands.js';
import type { Limit } from '../../src/organs/metabolism/entities/limit.entity.js';
import { standingOf, upToDate } from '../../src/organs/metabolism/limit.rules.js';
import { allocateCommand } from '../../src/organs/metabolism/metabolism.commands.js';
import type { Period } from '../../src/organs/metabolism/period.js';
import {
  changeScopeCommand,
  createScopeCommand,
  type WantedLimit,
} from '../../src/organs/metabolism/scopes.commands.js';
import { LIMITS } from '../../src/organs/metabolism/tables.js';
import { decimalOfNano, nanoOfDecimal, numberOfNano } from '../../src/platform/decimal.js';
import type { RandomCommand, Round } from './commands.js';
import { ReferenceModel, type Expected, type ModelPeriod, type WantedModelLimit } from './reference-model.js';

/** Agents of one world. */
const AGENTS = 6;
/** Seconds that a hold lives: rounds are often further apart. */
const TTL_SECONDS = 900;
const ROOT = 'substrate';

/** A database whose clock a test sets, and something that executes commands on it. */
export interface Laboratory {
  readonly client: pg.Client;
  execute(command: Command): Promise<Reply>;
  setClock(ms: number): Promise<void>;
}

/** Something that the model and the database do not agree on. */
export class Disagreement extends Error {}

interface Sent {
  readonly what: RandomCommand;
  readonly command: Command;
  /** Asked when its turn comes. */
  readonly expected: () => Expected | null;
}

/** Agents, groups and holds of their own, lived through twice: by the model, and by the product on a real database. */
export class World {
  private readonly model = new ReferenceModel();
  private readonly name = uuidv7().slice(-12);
  private readonly agents = Array.from({ length: AGENTS }, (_, i) => `m-${this.name}-${i}`);
  private readonly groups: string[] = [];
  private readonly holds: string[] = [];
  /** Whose action it is that was asked for. */
  private readonly owners = new Map<string, string>();
  /** Limits that were there when the last round was over: in the database, and in the model. */
  private known: { readonly scopeId: string; readonly id: string; readonly rank: number }[] = [];
  private lastEvent = 0;
  commands = 0;

  constructor(
    private readonly laboratory: Laboratory,
    private now: number,
  ) {}

  /** Lives through a history. @throws Disagreement at the first difference */
  async live(history: readonly Round[]): Promise<void> {
    await this.at(0);
    const given = { type: 'task', description: null, capabilities: null, sourceUri: null, parentId: null } as const;
    const registered = await Promise.all(
      this.agents.map((agentId) =>
        this.laboratory.execute(registerCommand({ agentId, ...given, apiKey: newApiKey() })),
      ),
    );
    this.lastEvent = registered.at(-1)?.event?.id ?? 0;
    for (const { passes, commands } of history) {
      await this.at(passes);
      await this.send(commands.flatMap((command) => this.sentOf(command) ?? []));
      await this.compare();
    }
  }

  private async at(passes: number): Promise<void> {
    this.now += passes;
    await this.laboratory.setClock(this.now);
    this.model.setClock(this.now);
  }

  private sentOf(what: RandomCommand): Sent | null {
    const { model } = this;
    switch (what.do) {
      case 'group': {
        const id = uuidv7();
        const parentId = this.parentOf(what.parent);
        this.groups.push(id);
        const command = createScopeCommand(id, { name: 'g', parentId, limits: what.limits.map(wanted) });
        return { what, command, expected: () => model.createGroup(id, parentId, what.limits) };
      }
      case 'move': {
        const [id, parentId] = [this.scopeOf(what.scope), this.parentOf(what.parent)];
        return { what, command: changeScopeCommand(id, { parentId }), expected: () => model.move(id, parentId) };
      }
      case 'limit': {
        const id = this.scopeOf(what.scope);
        const command = changeScopeCommand(id, { limits: what.limits.map(wanted) });
        return { what, command, expected: () => model.limit(id, what.limits) };
      }
      case 'allocate': {
        const { unit, nano: total, hours } = what;
        const agentId = this.agentOf(what.agent);
        const command = allocateCommand({ agentId, unit, total, hours });
        return { what, command, expected: () => model.allocate(agentId, unit, total, hours * 3_600_000) };
      }
      case 'act': {
        const [agentId, actionId] = [this.agentOf(what.agent), uuidv7()];
        const { amounts } = what;
        this.holds.push(actionId);
        this.owners.set(actionId, agentId);
        const cost = { amounts };
        const command = authorizeCommand({
          actionId,
          agentId,
          actionType: 'x',
          cost,
          ttlSeconds: TTL_SECONDS,
          leaseSeconds: 60,
        });
        return { what, command, expected: () => model.authorize(actionId, agentId, amounts, TTL_SECONDS * 1_000) };
      }
      case 'complete': {
        const actionId = this.holdOf(what.hold);
        if (actionId === null) return null;
        const status = what.isSuccess ? 'success' : 'failed';
        const cost = what.costs.length > 0 ? { cost: { amounts: what.costs } } : {};
        const agentId = this.owners.get(actionId) ?? '';
        const command = completeCommand({ actionId, agentId, status, ...cost });
        return { what, command, expected: () => model.complete(actionId, status, what.costs) };
      }
      case 'expire': {
        const actionId = this.holdOf(what.hold);
        if (actionId === null) return null;
        return {
          what,
          command: expireCommand(actionId),
          expected: () => (model.expire(actionId) ? { status: 200 } : null),
        };
      }
      case 'charge': {
        const agentId = this.agentOf(what.agent);
        const actionId = what.hold === null ? null : this.holdOf(what.hold);
        const command = chargeCommand({
          agentId,
          costType: 'y',
          cost: { amounts: what.amounts },
          ...(actionId === null ? {} : { actionId }),
        });
        return { what, command, expected: () => model.charge(agentId, what.amounts, actionId) };
      }
      case 'relieve': {
        const { how, nano } = what;
        const limit = this.known[what.limit % Math.max(1, this.known.length)];
        if (!limit) return null;
        const { scopeId, id: limitId, rank } = limit;
        const command = relieveCommand({ scopeId, limitId, how, amount: nano, reason: 'a test' });
        return { what, command, expected: () => model.relieve(scopeId, rank, how, nano) };
      }
    }
  }

  /** Sends commands at once: the spine decides it in this order, in as few transactions as it likes. */
  private async send(sent: readonly Sent[]): Promise<void> {
    this.commands += sent.length;
    const replies = await Promise.all(sent.map(({ command }) => this.laboratory.execute(command)));
    for (const [i, { what, expected }] of sent.entries()) {
      const reply = replies[i];
      const wants = expected();
      // Where there is nothing to do, nothing is recorded.
      if (wants === null ? reply?.event : !isAsExpected(reply, wants)) {
        throw new Disagreement(
          `${show(what)}: the model says ${show(wants)}, the answer was ${reply?.status} ${reply?.body}`,
        );
      }
    }
  }

  private async compare(): Promise<void> {
    this.model.advance();
    const ids = [...this.model.scopes.keys()].filter((id) => id !== ROOT);
    await this.compareSums(ids);
    await this.compareLimits(ids);
    await this.compareHolds();
    await this.compareNotices(ids);
  }

  private async compareSums(ids: readonly string[]): Promise<void> {
    type Row = { readonly scope_id: string; readonly unit: string; readonly held: string; readonly booked: string };
    const { rows } = await this.laboratory.client.query<Row>(
      `select scope_id, unit, b ->> 'held' as held, b ->> 'booked' as booked
       from accounts, jsonb_each(balances) as of_unit(unit, b) where scope_id = any($1)`,
      [ids],
    );
    const found = rows.map(({ scope_id: id, unit, held, booked }) => `${id} ${unit} ${held} ${booked}`);
    const expected = ids.flatMap((id) => {
      const { held, booked } = this.model.scope(id);
      return [...held].map(
        ([unit, nano]) => `${id} ${unit} ${decimalOfNano(nano)} ${decimalOfNano(booked.get(unit) ?? 0n)}`,
      );
    });
    agree('what scopes hold and have booked', expected.toSorted(), found.toSorted());
  }

  private async compareLimits(ids: readonly string[]): Promise<void> {
    const rows = await this.limitsOf(ids);
    this.known = [];
    const now = `${new Date(this.now).toISOString().slice(0, 23)}000Z`;
    for (const id of ids) {
      const scope = this.model.scope(id);
      const expected = scope.limits.toSorted((a, b) => a.rank - b.rank);
      const found = rows.filter((row) => row.scope_id === id);
      agree(
        `the limits of ${id}`,
        expected.map(({ unit }) => unit),
        found.map(({ unit }) => unit),
      );
      for (const [i, row] of found.entries()) {
        const limit = expected[i];
        if (!limit) continue;
        this.known.push({ scopeId: id, id: row.id, rank: limit.rank });
        const sums = { held: scope.held.get(row.unit) ?? 0n, booked: scope.booked.get(row.unit) ?? 0n };
        const present = upToDate(row, sums, { now, eventId: 0 });
        const standing = standingOf(present, sums, now);
        if (limit.period.kind === 'rolling') {
          const [least, most] = this.model.rollingBounds(limit);
          if (standing.spent + standing.debt < least || standing.spent + standing.debt > most) {
            throw new Disagreement(
              `${id}: a rolling window bears ${standing.spent}, which is not from ${least} to ${most}`,
            );
          }
        } else agree(`a limit of ${id} in ${row.unit}`, this.model.standing(scope, limit), standing);
      }
    }
  }

  private async compareHolds(): Promise<void> {
    type Row = {
      readonly action_id: string;
      readonly status: string;
      readonly costs: { unit: string; amount: string }[] | null;
    };
    const { rows } = await this.laboratory.client.query<Row>(
      'select action_id, status, costs from holds where action_id = any($1)',
      [this.holds],
    );
    const found = rows.map(({ action_id: id, status, costs }) => {
      return `${id} ${status} ${costs?.map(({ unit, amount }) => `${nanoOfDecimal(amount)} ${unit}`).join() ?? ''}`;
    });
    const expected = [...this.model.holds].map(([id, { status, costs }]) => {
      return `${id} ${status} ${costs?.map(({ unit, nano }) => `${nano} ${unit}`).join() ?? ''}`;
    });
    agree('holds', expected.toSorted(), found.toSorted());
    const ledger = await this.laboratory.client.query<{ rows: number }>(
      'select count(*) as rows from cost_ledger where agent_id = any($1)',
      [this.agents],
    );
    agree('rows of the ledger', this.model.ledgerRows, ledger.rows[0]?.rows);
  }

  private async compareNotices(ids: readonly string[]): Promise<void> {
    const { rows } = await this.laboratory.client.query<{ id: number; type: string; payload: Record<string, unknown> }>(
      `select id, type, body::jsonb -> 'payload' as payload from event_log
       where id > $1 and type in ('metabolism.threshold', 'metabolism.debt') order by id`,
      [this.lastEvent],
    );
    this.lastEvent = rows.at(-1)?.id ?? this.lastEvent;
    const found = rows
      .filter(({ payload }) => ids.includes(String(payload['scope_id'])))
      .map(({ type, payload }) => {
        const scope = `${String(payload['scope_id'])} ${String(payload['unit'])}`;
        return type === 'metabolism.debt' ? `debt ${scope}` : `threshold ${scope} ${String(payload['percent'])}`;
      });
    const expected = this.model.notices.splice(0).filter((notice) => !notice.includes(` ${ROOT} `));
    agree('what was told', expected.toSorted(), found.toSorted());
  }

  private async limitsOf(ids: readonly string[]): Promise<Limit[]> {
    const { rows } = await this.laboratory.client.query<Record<string, unknown>>(
      `select ${LIMITS.selectList} from limits where scope_id = any($1) order by id`,
      [ids],
    );
    return rows.map((row) => LIMITS.decode(row));
  }

  private agentOf(index: number): string {
    return this.agents[index % AGENTS] ?? '';
  }

  private scopeOf(index: number): string {
    const all = [...this.agents.map((agent) => `agent:${agent}`), ...this.groups];
    return all[index % all.length] ?? ROOT;
  }

  private parentOf(index: number): string {
    const all = [ROOT, ...this.groups, ...this.groups, `agent:${this.agentOf(index)}`];
    return all[index % all.length] ?? ROOT;
  }

  /** More often one of the last: older ones have mostly ended. */
  private holdOf(index: number): string | null {
    const recent = index % 3 === 0 ? this.holds : this.holds.slice(-20);
    return recent[index % Math.max(1, recent.length)] ?? null;
  }
}

function isAsExpected(reply: Reply | undefined, { status, code, scope, unit, remaining }: Expected): boolean {
  if (reply?.status !== status) return false;
  if (status < 400) return true;
  const body = JSON.parse(reply.body) as Record<string, unknown>;
  return (
    (code === undefined || body['code'] === code) &&
    (scope === undefined || body['scope_id'] === scope) &&
    (unit === undefined || body['unit'] === unit) &&
    (remaining === undefined || body['remaining_budget'] === numberOfNano(remaining))
  );
}

function agree(what: string, expected: unknown, found: unknown): void {
  const [model, database] = [show(expected), show(found)];
  if (model !== database)
    throw new Disagreement(`${what}: the model says\n  ${model}\nand the database\n  ${database}`);
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));
}

function wanted({ unit, total, period }: WantedModelLimit): WantedLimit {
  return { unit, total, period: periodOf(period) };
}

function periodOf(period: ModelPeriod): Exclude<Period, { kind: 'single' }> {
  switch (period.kind) {
    case 'calendar':
      return { kind: 'calendar', every: period.every, time_zone: period.zone };
    case 'repeating':
    case 'rolling':
      return { kind: period.kind, seconds: period.ms / 1_000 };
    case 'single':
    case 'lifetime':
      return { kind: 'lifetime' };
  }
}
