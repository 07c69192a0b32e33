import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsDefined, IsObject, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { nanoOfNumber } from '../decimal.js';
import { ProblemError, type Problem } from '../errors/problem.js';
import { MayBeAbsent } from './may-be-absent.js';
import { validationPipe } from './validation.js';
import { IsActionType, IsAgentId, IsAmount, IsFreeJson, IsText, IsTimestamp, IsUnit } from './validators.js';

class PriceDto {
  @IsAmount({ below: 1e9 })
  amount!: number;

  @MayBeAbsent()
  @IsUnit()
  unit: string = 'usd';
}

class OrderDto {
  @IsAgentId()
  agent_id!: string;

  @MayBeAbsent()
  @IsActionType({ each: true })
  kinds?: string[];

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => PriceDto)
  price!: PriceDto;

  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(30)
  @ValidateNested({ each: true })
  @Type(() => PriceDto)
  more?: PriceDto[];

  @MayBeAbsent()
  @IsAmount({ above: 'zero', below: 1e12 })
  budget?: number;

  @MayBeAbsent()
  @IsText(5)
  reason?: string;

  @MayBeAbsent()
  @IsTimestamp()
  at?: string;

  @MayBeAbsent()
  @IsFreeJson()
  payload?: object;
}

const pipe = validationPipe();
const order = (more: object = {}): object => ({ agent_id: 'a', price: { amount: 1 }, ...more });
const read = (text: string | object): Promise<unknown> =>
  Promise.resolve(
    pipe.transform(typeof text === 'string' ? JSON.parse(text) : text, { type: 'body', metatype: OrderDto }),
  );

async function problemOf(body: string | object): Promise<Problem> {
  try {
    await read(body);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('nothing was refused');
}

const pointersOf = async (body: string | object): Promise<string[] | undefined> =>
  (await problemOf(body)).errors?.map((e) => e.pointer);

describe('the validation of a body', () => {
  it('hands on what fits, with defaults, an instance of its class', async () => {
    const body = await read(order({ payload: { 'a/b': [1, { deep: null }] }, kinds: ['x.y/z'] }));
    expect(body).toBeInstanceOf(OrderDto);
    expect(body).toEqual({
      agent_id: 'a',
      price: { amount: 1, unit: 'usd' },
      payload: { 'a/b': [1, { deep: null }] },
      kinds: ['x.y/z'],
    });
  });

  it.each([
    ['a member that is missing', '{"price":{"amount":1}}', ['/agent_id']],
    ['an unknown member', '{"agent_id":"a","price":{"amount":1},"admin":true}', ['/admin']],
    ['an unknown member inside', '{"agent_id":"a","price":{"amount":1,"off":1}}', ['/price/off']],
    ['a name that a pointer must escape', '{"agent_id":"a","price":{"amount":1},"a/b~c":1}', ['/a~1b~0c']],
    ['a nested member', '{"agent_id":"a","price":{"amount":"1"}}', ['/price/amount']],
    ['the member of an item', '{"agent_id":"a","price":{"amount":1},"more":[{"amount":1},{}]}', ['/more/1/amount']],
    ['an item that is null', '{"agent_id":"a","price":{"amount":1},"more":[null]}', ['/more/0']],
    ['an object for an array', '{"agent_id":"a","price":{"amount":1},"more":{"0":{"amount":1}}}', ['/more']],
    ['an empty array for an object', '{"agent_id":"a","price":[]}', ['/price']],
    ['an array for an object', '{"agent_id":"a","price":[{"amount":1}]}', ['/price']],
    ['a text for an object', '{"agent_id":"a","price":"1"}', ['/price']],
    ['null for an object', '{"agent_id":"a","price":null}', ['/price']],
    ['null for what may be absent', '{"agent_id":"a","price":{"amount":1,"unit":null}}', ['/price/unit']],
    ['an array for a text', '{"agent_id":["a"],"price":{"amount":1}}', ['/agent_id']],
    ['an array for free JSON', '{"agent_id":"a","price":{"amount":1},"payload":[1]}', ['/payload']],
    ['1e309', '{"agent_id":"a","price":{"amount":1e309}}', ['/price/amount']],
    ['two at once', '{"agent_id":"-","price":{"amount":-1}}', ['/agent_id', '/price/amount']],
  ])('names %s', async (_, body, pointers) => {
    expect(await problemOf(body)).toMatchObject({ status: 400, code: 'REQUEST.INVALID' });
    expect(await pointersOf(body)).toEqual(pointers);
  });

  it('neither takes nor hides a member named prototype', async () => {
    expect(await pointersOf(order({ prototype: 1 }))).toEqual(['/prototype']);
    const payload = { prototype: 1, inner: [{ prototype: { a: 1 } }] };
    expect(await read(order({ payload }))).toMatchObject({ payload });
  });

  it.each(['__proto__', 'constructor', 'toString'])('lets a member %s do no harm', async (name) => {
    const body = await read(`{"agent_id":"a","price":{"amount":1},"${name}":{"admin":true}}`);
    expect(body).toBeInstanceOf(OrderDto);
    expect(Object.hasOwn(body as object, name)).toBe(false);
    for (const touched of [body, {}, OrderDto]) expect(touched).not.toHaveProperty('admin');
  });

  it('names twenty members at most', async () => {
    const more = Array.from({ length: 30 }, () => ({ amount: -1 }));
    expect(await pointersOf(order({ more }))).toHaveLength(20);
  });

  it('does not repeat what was sent: it may be a secret', async () => {
    const problem = await problemOf(order({ price: { amount: 'hunter2' }, reason: 'hunter2 hunter2' }));
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});

describe('an amount', () => {
  const refused = (amount: unknown): Promise<boolean> =>
    read(order({ price: { amount } })).then(
      () => false,
      () => true,
    );

  it.each([0, 1e-9, 0.1, 999_999_999.999_999, 123_456_789.123_456])('may be %p', async (amount) => {
    expect(await refused(amount)).toBe(false);
  });

  it.each([-0, -1, 1e-10, 0.1 + 0.2, 1e9, 1e21, NaN, Infinity, -Infinity, '1', [1], {}, null, true])(
    'is never %p',
    async (amount) => {
      expect(await refused(amount)).toBe(true);
    },
  );

  it.each([
    [0, ['/budget']],
    [1e12, ['/budget']],
    [null, ['/budget']],
  ])('above zero is never %p', async (budget, pointers) => {
    expect(await pointersOf(order({ budget }))).toEqual(pointers);
  });

  it('that is taken has an exact number of nano-units', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ noNaN: true }), async (amount) => {
        if (await refused(amount)) return;
        expect(nanoOfNumber(amount)).toBeGreaterThanOrEqual(0n);
        expect(nanoOfNumber(amount)).toBeLessThan(10n ** 18n);
      }),
    );
  });
});

describe('texts and names', () => {
  it.each([
    [{ agent_id: 'A0._:-z' }, true],
    [{ agent_id: 'a'.repeat(128) }, true],
    [{ agent_id: 'a'.repeat(129) }, false],
    [{ agent_id: '.a' }, false],
    [{ agent_id: 'a/b' }, false],
    [{ agent_id: 'a\n' }, false],
    [{ agent_id: '' }, false],
    [{ kinds: [] }, true],
    [{ kinds: ['x', 'y z'] }, false],
    [{ kinds: ['a'.repeat(65)] }, false],
    [{ price: { amount: 1, unit: 'gpu_h-2' } }, true],
    [{ price: { amount: 1, unit: 'USD' } }, false],
    [{ price: { amount: 1, unit: '2d' } }, false],
    [{ price: { amount: 1, unit: 'a/b' } }, false],
    [{ reason: 'a\n\tb' }, true],
    [{ reason: 'ab\u007f' }, false],
    [{ reason: 'a\u001b[0' }, false],
    [{ reason: ' \n ' }, false],
    [{ reason: '123456' }, false],
    [{ reason: 5 }, false],
  ])('%j fits: %p', async (more, fits) => {
    expect(
      await read(order(more)).then(
        () => true,
        () => false,
      ),
    ).toBe(fits);
  });
});

describe('a moment', () => {
  it.each([
    ['2026-01-31T12:00:00+01:30', '2026-01-31T10:30:00.000000Z'],
    ['2026-01-31T12:00:00+23:59', '2026-01-30T12:01:00.000000Z'],
    ['2026-01-31t12:00:00.5z', '2026-01-31T12:00:00.500000Z'],
  ])('%s is handed on as %s', async (at, moment) => {
    expect(await read(order({ at }))).toMatchObject({ at: moment });
  });

  it.each(['2026-01-31', '2026-02-30T00:00:00Z', 'now', '', 1_769_860_800_000, ['2026-01-31T12:00:00Z'], null])(
    'is never %j',
    async (at) => {
      expect(await pointersOf(order({ at }))).toEqual(['/at']);
    },
  );
});
