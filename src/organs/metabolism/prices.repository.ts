import { Injectable } from '@nestjs/common';
import { StateReader } from '../../event-log/state-reader.js';
import { numberOfNano } from '../../platform/decimal.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { UUID } from '../../platform/http/patterns.js';
import type { Timestamp } from '../../platform/time.js';
import { costNeeds, reckoned, type ClaimedUsage } from './costing.js';
import type { PriceDto, PricesQuery, QuoteDto } from './dto/price.dto.js';
import type { LedgerEntry } from './entities/ledger-entry.entity.js';
import { modelKey } from './pricing.js';
import { LEDGER, PRICES } from './tables.js';

/** Reads prices, and what they make of usage. */
@Injectable()
export class PricesRepository {
  constructor(private readonly states: StateReader) {}

  /** Own prices, in the order they were given. */
  async list(query: PricesQuery): Promise<Page<PriceDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const rows = await this.states.rows(
      PRICES,
      `($1::uuid is null or id > $1) and ($2::text is null or model = $2) order by id limit $3`,
      [after, query.model?.toLowerCase(), query.limit + 1],
    );
    return pageOf(
      rows,
      query.limit,
      (row) => row.id,
      ({ id, model, valid_from, card: prices }) => ({ price: `own:${id}`, model, valid_from, prices }),
    );
  }

  /** What a usage would cost. @throws ProblemError 409 when it has no price */
  async quote(usage: ClaimedUsage, at: Timestamp | undefined): Promise<QuoteDto> {
    const cost = { amounts: [], usage };
    const { state, now } = await this.states.read(costNeeds(cost));
    const moment = at ?? now;
    const quoted = reckoned(cost, 'worst case', state, moment);
    if ('problem' in quoted) throw new ProblemError(quoted.problem);
    const [amount] = quoted.amounts;
    if (!amount || !quoted.pricing) throw new Error('a usage that was priced has no price');
    return { amount: numberOfNano(amount.nano), unit: amount.unit, at: moment, pricing: quoted.pricing };
  }

  /** Rows of priced usage of a model that arose in a span of time, and that correct no other, by id. */
  async entries(
    {
      provider,
      model,
      from,
      to,
      after,
    }: { provider: string; model: string; from: string; to: string; after: string | null },
    limit: number,
  ): Promise<LedgerEntry[]> {
    return this.states.rows(
      LEDGER,
      `model = $1 and corrects is null and pricing is not null
       and occurred_at >= $2 and occurred_at < $3 and ($4::uuid is null or id > $4) order by id limit $5`,
      [modelKey(provider, model), from, to, after, limit],
    );
  }
}
