import { describe, expect, it } from '@jest/globals';
import type { Books } from '../metabolism/index.js';
import { DEFAULT_STATE_POLICIES } from './state-policies.js';
import { approvalNeeded, stateLimitsProblem } from './state-policy.rules.js';
import { inWords } from './state-words.js';

const UNIT = 'usd';

/** Books of a path with limits of these totals, of which so much is used, in nano-units. */
const booksOf = (...limits: { total: bigint; spent?: bigint; held?: bigint; debt?: bigint }[]): Books =>
  ({
    limitsIn: (unit: string) =>
      unit !== UNIT
        ? []
        : limits.map(({ total, spent = 0n, held = 0n, debt = 0n }) => ({
            limit: { scope_id: 's' },
            standing: { total, spent, held, debt },
          })),
  }) as unknown as Books;

const asked = (nano: bigint, unit = UNIT) => [{ unit, nano }];

describe('approvals', () => {
  it.each([
    [{ kind: 'none' }, []],
    [{ kind: 'all' }, ['money.send', 'money', 'email.send']],
    [{ kind: 'types', action_types: ['money.*'] }, ['money.send']],
    [{ kind: 'types', action_types: ['money', 'email.*'] }, ['money', 'email.send']],
    [{ kind: 'types', action_types: ['money*'] }, ['money.send', 'money']],
  ] as const)('%j are needed for %j', (approvals, expected) => {
    const policy = {
      approvals: 'action_types' in approvals ? { ...approvals, action_types: [...approvals.action_types] } : approvals,
    };
    const all = ['money.send', 'money', 'email.send'];
    expect(all.filter((type) => approvalNeeded(policy, type))).toEqual(expected);
  });
});

describe('the share of limits', () => {
  const half = { state: 'alert', limits_share: 0.5 } as const;

  it('is reckoned of every limit of the path, what is held and owed included, to the nano', () => {
    expect(stateLimitsProblem(half, asked(50n), booksOf({ total: 100n }))).toBeNull();
    expect(stateLimitsProblem(half, asked(51n), booksOf({ total: 100n }))).toMatchObject({
      status: 403,
      code: 'ARBITER.STATE_LIMITS',
    });
    expect(stateLimitsProblem(half, asked(1n), booksOf({ total: 100n, spent: 30n, held: 20n }))).not.toBeNull();
    expect(stateLimitsProblem(half, asked(20n), booksOf({ total: 100n, spent: 10n, held: 20n }))).toBeNull();
    expect(stateLimitsProblem(half, asked(20n), booksOf({ total: 100n }, { total: 30n }))).not.toBeNull();
    expect(stateLimitsProblem(half, asked(20n, 'tokens'), booksOf({ total: 1n }))).toBeNull();
  });

  it('is no matter where it is whole', () => {
    expect(stateLimitsProblem({ ...half, limits_share: 1 }, asked(101n), booksOf({ total: 100n }))).toBeNull();
  });
});

describe('the words of a state', () => {
  it('say what it changes, and nothing where it changes nothing', () => {
    const [observe, alert, act, defend] = DEFAULT_STATE_POLICIES.map((policy) => inWords(policy));
    const keener = 'the thresholds of detectors are multiplied by 0.9';
    expect([observe, alert, act, defend]).toEqual([[], [keener], [], ['only reflex agents may act', keener]]);
    const [policy] = DEFAULT_STATE_POLICIES;
    if (!policy) throw new Error('there are no default policies');
    const strict = { ...policy, may_act: [], limits_share: 0.555, approvals: { kind: 'all' } } as const;
    expect(inWords({ ...strict, may_act: [] })).toEqual([
      'no agent may act',
      '55.5 % of each limit may be used',
      'every action needs an approval',
    ]);
  });
});
