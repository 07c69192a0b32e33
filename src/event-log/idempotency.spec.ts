import { describe, expect, it } from '@jest/globals';
import { UUID } from '../platform/http/patterns.js';
import { plusSeconds } from '../platform/time.js';
import type { Caller } from './command.js';
import { idempotencyId, IdempotencyLedger, isIdempotencyKey, IDEMPOTENCY_SECONDS } from './idempotency.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const agent: Caller = { kind: 'agent', id: 'a', keyId: 'k1' };
const use = (key: string, fingerprint = 'f') => ({ key, fingerprint });

describe('an idempotency key', () => {
  it.each([
    ['a', true],
    [' ~', true],
    ['k'.repeat(255), true],
    ['k'.repeat(256), false],
    ['', false],
    ['a\n', false],
    ['a\tb', false],
    ['\u007f', false],
    ['é', false],
  ])('%j is one: %p', (text, is) => {
    expect(isIdempotencyKey(text)).toBe(is);
  });

  it('belongs to its caller, whatever key of its own the caller shows', () => {
    const others: [Caller, string][] = [
      [{ kind: 'user', id: 'a' }, 'x'],
      [{ kind: 'system', id: 'a' }, 'x'],
      [{ kind: 'agent', id: 'b', keyId: 'k1' }, 'x'],
      [agent, 'y'],
      [agent, 'X'],
      [{ kind: 'agent', id: 'a:x', keyId: 'k1' }, ''],
    ];
    const ids = [idempotencyId(agent, 'x'), ...others.map(([caller, key]) => idempotencyId(caller, key))];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !UUID.test(id))).toEqual([]);
    expect(idempotencyId({ ...agent, keyId: 'k2' }, 'x')).toBe(idempotencyId(agent, 'x'));
  });
});

describe('the ledger of keys', () => {
  it('finds what it keeps, until just before its time is over', () => {
    const ledger = new IdempotencyLedger([]);
    expect(ledger.find(agent, 'x', NOW)).toBeNull();
    ledger.keep(agent, use('x'), 201, '{}', NOW);
    expect(ledger.find(agent, 'x', NOW)).toMatchObject({ fingerprint: 'f', status: 201, body: '{}' });
    expect(ledger.find({ kind: 'user', id: 'a' }, 'x', NOW)).toBeNull();
    const end = plusSeconds(NOW, IDEMPOTENCY_SECONDS);
    expect(end).toBe('2026-01-02T00:00:00.000000Z');
    expect(ledger.find(agent, 'x', plusSeconds(end, -0.000001))).not.toBeNull();
    expect(ledger.find(agent, 'x', end)).toBeNull();
  });

  it('writes only what it made, and that instead of what it loaded', () => {
    const before = new IdempotencyLedger([]);
    before.keep(agent, use('x', 'old'), 200, 'old', NOW);
    before.keep(agent, use('y'), 200, 'y', NOW);
    const ledger = new IdempotencyLedger(before.additions);
    expect(ledger.additions).toEqual([]);
    expect(ledger.find(agent, 'x', NOW)).toMatchObject({ body: 'old' });
    const later = plusSeconds(NOW, IDEMPOTENCY_SECONDS);
    ledger.keep(agent, use('x', 'new'), 402, 'new', later);
    expect(ledger.additions).toMatchObject([{ id: idempotencyId(agent, 'x'), fingerprint: 'new', status: 402 }]);
    expect(ledger.find(agent, 'x', later)).toMatchObject({ body: 'new' });
  });
});
