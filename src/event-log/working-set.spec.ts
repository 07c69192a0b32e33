import { beforeEach, describe, expect, it } from '@jest/globals';
import { Quarantine } from '../organs/immune/entities/quarantine.entity.js';
import { LedgerEntry } from '../organs/metabolism/entities/ledger-entry.entity.js';
import { deleted, inserted, updated, type Effect } from './effect.js';
import { tableOf } from './table.js';
import { need, needVia, RowsMissing, WorkingSet, type Need, type Via } from './working-set.js';

const QUARANTINES = tableOf(Quarantine);
const LEDGER = tableOf(LedgerEntry);
const row = (id: string, agent_id: string): Quarantine => ({
  id,
  agent_id,
  reason: 'r',
  quarantined_at: '2026-01-01T00:00:00.000000Z',
  quarantined_by_type: 'user',
  quarantined_by: 'u',
  evidence: [],
  event_id: 1,
  finding_id: null,
  inherited_from: null,
  released_at: null,
  released_by: null,
  release_reason: null,
  release_event_id: null,
});

let state: WorkingSet;

beforeEach(() => {
  state = new WorkingSet();
  state.load(QUARANTINES as never, 'id', ['q1', 'q2'], [row('q1', 'a')]);
  state.load(QUARANTINES as never, 'agent_id', ['a', 'b'], [row('q1', 'a'), row('q3', 'a')]);
});

describe('the working set', () => {
  it('answers what was asked for, also when it is not there', () => {
    expect(state.get(QUARANTINES, 'q1')).toMatchObject({ agent_id: 'a' });
    expect(state.get(QUARANTINES, 'q2')).toBeNull();
    expect(state.find(QUARANTINES, 'agent_id', 'a').map((r) => r.id)).toEqual(['q1', 'q3']);
    expect(state.find(QUARANTINES, 'agent_id', 'b')).toEqual([]);
    expect(state.find(QUARANTINES, 'id', 'q1')).toMatchObject([{ agent_id: 'a' }]);
    expect(state.find(QUARANTINES, 'id', 'q2')).toEqual([]);
  });

  it('lets a need name a table by its key, or by another column', () => {
    expect(need(QUARANTINES, 'q1')).toMatchObject({ by: 'id', values: ['q1'] });
    expect(need(QUARANTINES, ['a', 'b'], 'agent_id')).toMatchObject({ by: 'agent_id', values: ['a', 'b'] });
  });

  it('keeps what it has when the same rows come by another column', () => {
    state.apply([updated(QUARANTINES, { ...row('q1', 'a'), reason: 'new' })]);
    state.load(QUARANTINES as never, 'reason', ['r', 'new'], [row('q1', 'a'), row('q3', 'a')]);
    expect(state.find(QUARANTINES, 'reason', 'new').map((r) => r.id)).toEqual(['q1']);
    expect(state.find(QUARANTINES, 'reason', 'r').map((r) => r.id)).toEqual(['q3']);
  });

  it('throws for what nobody asked for: a rule must name its rows', () => {
    expect(() => state.get(QUARANTINES, 'q9')).toThrow('was not asked for');
    expect(() => state.find(QUARANTINES, 'agent_id', 'c')).toThrow('was not asked for');
    expect(() => state.find(QUARANTINES, 'reason', 'r')).toThrow('was not asked for');
  });

  it('shows effects at once, by key and by every column looked up by', () => {
    state.apply([
      updated(QUARANTINES, row('q3', 'b')),
      inserted(QUARANTINES, row('q2', 'b')),
      deleted(QUARANTINES, row('q1', 'a')),
    ]);
    expect(state.find(QUARANTINES, 'agent_id', 'a')).toEqual([]);
    expect(
      state
        .find(QUARANTINES, 'agent_id', 'b')
        .map((r) => r.id)
        .toSorted(),
    ).toEqual(['q2', 'q3']);
    const [changes] = state.changes();
    expect(changes).toMatchObject({ inserts: [{ id: 'q2' }], updates: [{ id: 'q3' }], deletes: [{ id: 'q1' }] });
  });

  it('writes only the last state of a row, and nothing for one that came and went', () => {
    state.apply([inserted(QUARANTINES, row('q2', 'a'))]);
    state.apply([updated(QUARANTINES, { ...row('q2', 'a'), reason: 'later' })]);
    expect(state.changes()).toMatchObject([{ inserts: [{ reason: 'later' }], updates: [] }]);
    state.apply([deleted(QUARANTINES, row('q2', 'a'))]);
    expect(state.changes()).toMatchObject([{ inserts: [], updates: [], deletes: [] }]);
  });

  it('updates a row that went and came again', () => {
    state.apply([deleted(QUARANTINES, row('q1', 'a')), inserted(QUARANTINES, row('q1', 'b'))]);
    expect(state.changes()).toMatchObject([{ inserts: [], updates: [{ id: 'q1', agent_id: 'b' }], deletes: [] }]);
  });

  const misfits: [string, Effect][] = [
    ['an insert of a row that is there', inserted(QUARANTINES, row('q3', 'a'))],
    ['an update of one that is not', updated(QUARANTINES, row('q9', 'a'))],
    ['a delete of one that is not', deleted(QUARANTINES, row('q9', 'a'))],
    ['a change of an append-only row', updated(LEDGER, { id: 'l1' } as LedgerEntry)],
  ];

  it.each(misfits)('takes all effects of a command or none: %s', (_, misfit) => {
    state.load(LEDGER as never, 'id', ['l1'], [{ id: 'l1' }]);
    state.apply([updated(QUARANTINES, { ...row('q3', 'a'), reason: 'earlier' })]);
    const seen = () => ({
      a: state.find(QUARANTINES, 'agent_id', 'a').toSorted((x, y) => (x.id < y.id ? -1 : 1)),
      b: state.find(QUARANTINES, 'agent_id', 'b'),
      one: state.get(QUARANTINES, 'q1'),
      none: state.get(QUARANTINES, 'q2'),
      changes: state.changes(),
    });
    const before = seen();
    const fitting = [
      updated(QUARANTINES, row('q3', 'b')),
      updated(QUARANTINES, row('q3', 'a')),
      deleted(QUARANTINES, row('q1', 'a')),
      inserted(QUARANTINES, row('q2', 'b')),
    ];
    expect(() => state.apply([...fitting, misfit])).toThrow(/cannot|never changed/);
    expect(seen()).toEqual(before);
  });

  it('never changes a row of an append-only table', () => {
    const entry = { id: 'l1' } as LedgerEntry;
    state.load(LEDGER as never, 'id', ['l1'], [entry]);
    expect(() => state.apply([updated(LEDGER, entry)])).toThrow('never changed');
  });
});

describe('rows that a rule finds out to need', () => {
  const KIN: Via = { name: 'kin', sql: 'select unnest($1::text[])' };

  /** What is missing of these needs. */
  function missing(needs: readonly Need[]): readonly Need[] {
    try {
      state.require(needs);
      return [];
    } catch (error) {
      if (!(error instanceof RowsMissing)) throw error;
      return error.needs;
    }
  }

  const looked = ({ values, ...way }: Need): void => state.note({ ...way, values: new Set(values) });

  it('are there where each value was looked up, whichever lookup it was in', () => {
    looked(need(QUARANTINES, ['a', 'b'], 'agent_id'));
    looked(need(QUARANTINES, ['c'], 'agent_id'));
    expect(missing([need(QUARANTINES, ['b', 'c'], 'agent_id'), need(QUARANTINES, [], 'id')])).toEqual([]);
  });

  it('are told whole and all at once where a value of them was not', () => {
    looked(need(QUARANTINES, ['a'], 'agent_id'));
    const [there, half, other] = [
      need(QUARANTINES, 'a', 'agent_id'),
      need(QUARANTINES, ['a', 'b'], 'agent_id'),
      need(LEDGER, 'l1'),
    ];
    expect(missing([there, half, other])).toEqual([half, other]);
  });

  it('of another table, by another column or on another way are others', () => {
    looked(need(QUARANTINES, 'a', 'agent_id'));
    looked(needVia(QUARANTINES, 'agent_id', KIN, ['k']));
    const others = [
      need(QUARANTINES, 'a'),
      need(LEDGER, 'a', 'agent_id'),
      needVia(QUARANTINES, 'agent_id', KIN, ['a']),
      needVia(QUARANTINES, 'agent_id', { ...KIN, name: 'kin-scopes' }, ['k']),
      need(QUARANTINES, 'k', 'agent_id'),
    ];
    expect(missing(others)).toEqual(others);
    expect(missing([needVia(QUARANTINES, 'agent_id', { ...KIN }, ['k'])])).toEqual([]);
  });
});
