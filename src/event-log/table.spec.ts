import { describe, expect, it } from '@jest/globals';
import { ENTITIES } from '../data-source.js';
import type { JsonValue } from '../platform/json.js';
import { UserCredential } from '../organs/identity/entities/user-credential.entity.js';
import { canonicalJson } from './canonical.js';
import { deleted, effectsText, inserted, updated } from './effect.js';
import { derivedTables, tableOf, type GovernedTable } from './table.js';

/** A row with a value of its own in every column. */
function sampleRow(table: GovernedTable<object>): object {
  const samples = {
    text: 'text',
    number: 7,
    nano: 1_500_000_000n,
    time: '2026-01-01T00:00:00.000001Z',
    boolean: true,
    json: { a: 1 },
    list: ['x'],
  };
  return Object.fromEntries(table.columns.map(({ name, kind }) => [name, samples[kind]]));
}

/** Every governed table among the entities, whether or not its rows are in the log. */
const governed = ENTITIES.flatMap((entity) => {
  try {
    return [tableOf<object>(entity)];
  } catch {
    return [];
  }
});
const unrecorded = governed.filter((table) => !table.derived);

describe('governed tables', () => {
  it('are all there', () => {
    expect(
      governed
        .filter((table) => table.derived)
        .map((t) => t.entity)
        .toSorted(),
    ).toEqual(
      derivedTables()
        .map((t) => t.entity)
        .toSorted(),
    );
    expect(new Set(governed.map((t) => t.entity)).size).toBe(governed.length);
    expect(unrecorded.map((t) => t.name).toSorted()).toEqual([
      'agent_key_secrets',
      'event_texts',
      'sessions',
      'user_credentials',
    ]);
  });

  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [-6_500_000_000n, '-6.5'],
    [10n ** 21n, '1000000000000'],
  ])('carry %p nano-units as the decimal %s', (nano, decimal) => {
    for (const table of derivedTables()) {
      const amounts = table.columns.filter((c) => c.kind === 'nano');
      const row = { ...sampleRow(table), ...Object.fromEntries(amounts.map((c) => [c.name, nano])) };
      const after = JSON.parse(table.after(row)) as Record<string, JsonValue>;
      for (const { name, member } of amounts) {
        expect(member).toBe(name.replace(/_nano$/, ''));
        expect(after[member]).toBe(decimal);
      }
      expect(table.rowOfAfter(after)).toEqual(row);
    }
  });

  it.each(derivedTables().map((table) => [table.entity, table] as const))(
    'read a row of %s as PostgreSQL gives it, also where all may be null',
    (_, table) => {
      const raw = { nano: '1500000000', time: '2026-01-01 00:00:00.000001+00', number: '7' };
      const given = Object.entries(sampleRow(table)).map(([name, value]) => {
        const { kind } = table.column(name);
        return [name, kind in raw ? raw[kind as keyof typeof raw] : value] as const;
      });
      expect(table.decode(Object.fromEntries(given))).toEqual(sampleRow(table));
      const nulls = Object.fromEntries(table.columns.map(({ name }) => [name, null]));
      expect(table.decode(nulls)).toEqual(nulls);
      expect(table.rowOfAfter(JSON.parse(table.after(nulls)) as Record<string, JsonValue>)).toEqual(nulls);
      expect(JSON.parse(JSON.stringify(table.encode(nulls)))).toEqual(nulls);
    },
  );

  it('refuse a row that lacks a column: an effect has every member', () => {
    for (const table of derivedTables()) {
      for (const { name } of table.columns) {
        expect(() => table.after({ ...sampleRow(table), [name]: undefined })).toThrow();
      }
    }
  });

  it('name the row of an effect by its key, and give a deleted one no content', () => {
    for (const table of derivedTables()) {
      const row = sampleRow(table);
      const id = table.idOf(row);
      const entity = table.entity;
      const after = JSON.parse(table.after(row)) as object;
      const text = effectsText([inserted(table, row), updated(table, row), deleted(table, row)]);
      expect(JSON.parse(text)).toEqual([
        { entity, id, op: 'insert', after },
        { entity, id, op: 'update', after },
        { entity, id, op: 'delete' },
      ]);
      expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
    }
  });

  it.each(derivedTables().map((table) => [table.entity, table] as const))(
    'turn a row of %s into an effect and back',
    (_, table) => {
      const row = sampleRow(table);
      const after = table.after(row);
      const parsed = JSON.parse(after) as Record<string, JsonValue>;
      expect(canonicalJson(parsed)).toBe(after);
      expect(table.rowOfAfter(parsed)).toEqual(row);
      expect(Object.keys(parsed).filter((member) => member.endsWith('_nano'))).toEqual([]);
    },
  );

  it('refuse an effect with missing or unknown members', () => {
    const [table] = derivedTables();
    if (!table) throw new Error('there are derived tables');
    const parsed = JSON.parse(table.after(sampleRow(table))) as Record<string, JsonValue>;
    expect(() => table.rowOfAfter({ ...parsed, more: 1 })).toThrow('unknown members more');
    expect(() => table.rowOfAfter({})).toThrow('lacks');
  });

  it('never put a secret into the log', () => {
    const secrets = tableOf(UserCredential);
    const row = { user_id: 'u', password_hash: 'h', activation_hash: null, activation_expires_at: null };
    expect(effectsText([inserted(secrets, row)])).toBe('[]');
    for (const table of unrecorded) {
      const some = sampleRow(table);
      expect(effectsText([inserted(table, some), updated(table, some), deleted(table, some)])).toBe('[]');
    }
    expect(derivedTables().map((t) => t.name)).not.toContain(secrets.name);
  });
});
