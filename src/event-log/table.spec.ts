import { describe, expect, it } from '@jest/globals';
import '../data-source.js';
import type { JsonValue } from '../platform/json.js';
import { UserCredential } from '../organs/identity/entities/user-credential.entity.js';
import { canonicalJson } from './canonical.js';
import { effectsText, inserted } from './effect.js';
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

describe('governed tables', () => {
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
    expect(derivedTables().map((t) => t.name)).not.toContain(secrets.name);
  });
});
