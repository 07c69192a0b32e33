import fc from 'fast-check';
import type { ModelAmount, ModelPeriod, WantedModelLimit } from './reference-model.js';

/** A command as plain data; scopes, agents, holds and limits are numbers that are taken modulo what there is. */
export type RandomCommand =
  | { readonly do: 'group'; readonly parent: number; readonly limits: readonly WantedModelLimit[] }
  | { readonly do: 'move'; readonly scope: number; readonly parent: number }
  | { readonly do: 'limit'; readonly scope: number; readonly limits: readonly WantedModelLimit[] }
  | {
      readonly do: 'allocate';
      readonly agent: number;
      readonly unit: string;
      readonly nano: bigint;
      readonly hours: number;
    }
  | { readonly do: 'act'; readonly agent: number; readonly amounts: readonly ModelAmount[] }
  | {
      readonly do: 'complete';
      readonly hold: number;
      readonly isSuccess: boolean;
      readonly costs: readonly ModelAmount[];
    }
  | { readonly do: 'expire'; readonly hold: number }
  | {
      readonly do: 'charge';
      readonly agent: number;
      readonly amounts: readonly ModelAmount[];
      readonly hold: number | null;
    }
  | {
      readonly do: 'relieve';
      readonly limit: number;
      readonly how: 'forgive' | 'fund';
      readonly nano: bigint | null;
    };

/**
 * What is sent at one moment, so much later than the round before, in ms. Clocks that are set back are left to the rules' own
 * tests: which window is the later one then depends on who looked at what while the clock was ahead.
 */
export interface Round {
  readonly passes: number;
  readonly commands: readonly RandomCommand[];
}

/** No limit that is this large is ever reached: rolling windows are compared by what they bear, within their sixtieth. */
const PLENTY = 10n ** 18n;
const HOUR_MS = 3_600_000;

const unit = fc.constantFrom('usd', 'usd', 'usd', 'tokens', 'calls');
const index = fc.nat({ max: 1_000 });
/** Small numbers meet limits exactly again and again. */
const small = fc.bigInt({ min: 0n, max: 40n });
const total = fc.bigInt({ min: 1n, max: 150n });
const period: fc.Arbitrary<ModelPeriod> = fc.oneof(
  fc.record({
    kind: fc.constant('calendar' as const),
    every: fc.constantFrom('minute' as const, 'hour' as const, 'day' as const, 'week' as const, 'month' as const),
    zone: fc.constantFrom('UTC' as const, 'Europe/Berlin' as const),
  }),
  fc.record({ kind: fc.constant('repeating' as const), ms: fc.integer({ min: 1, max: 72 }).map((h) => h * HOUR_MS) }),
  fc.constant({ kind: 'lifetime' as const }),
);
const limit: fc.Arbitrary<WantedModelLimit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ unit, total, period }) },
  {
    weight: 1,
    arbitrary: fc.record({
      unit,
      total: fc.constant(PLENTY),
      period: fc.constantFrom(1, 24).map((hours) => ({ kind: 'rolling' as const, ms: hours * HOUR_MS })),
    }),
  },
);
const limits = fc.uniqueArray(limit, {
  maxLength: 4,
  selector: ({ unit: u, period: p }) => JSON.stringify([u, p]),
});
const amounts = fc.uniqueArray(fc.record({ unit, nano: small }), {
  minLength: 1,
  maxLength: 3,
  selector: ({ unit: u }) => u,
});

const command: fc.Arbitrary<RandomCommand> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('group' as const), parent: index, limits }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), scope: index, parent: index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), scope: index, limits }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('allocate' as const),
      agent: index,
      unit,
      nano: total,
      hours: fc.constantFrom(1, 24, 24 * 30),
    }),
  },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('act' as const), agent: index, amounts }) },
  {
    weight: 22,
    arbitrary: fc.record({
      do: fc.constant('complete' as const),
      hold: index,
      isSuccess: fc.boolean(),
      costs: fc.uniqueArray(fc.record({ unit, nano: small }), { maxLength: 2, selector: ({ unit: u }) => u }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('expire' as const), hold: index }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('charge' as const),
      agent: index,
      amounts,
      hold: fc.option(index, { nil: null }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('relieve' as const),
      limit: index,
      how: fc.constantFrom('forgive' as const, 'fund' as const),
      nano: fc.option(fc.bigInt({ min: 1n, max: 30n }), { nil: null }),
    }),
  },
);

const passes = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 120_000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 4 * HOUR_MS }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 * 24 * HOUR_MS }) },
);

/** Commands of one round, in the mean. */
const COMMANDS_A_ROUND = 120;
/** Rounds of one world, in the mean. */
const ROUNDS = 5;

/** What happens in one world. */
export const history: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    passes,
    commands: fc.array(command, { maxLength: 2 * COMMANDS_A_ROUND, size: 'max' }),
  }),
  { maxLength: 2 * ROUNDS, size: 'max' },
);
