import { Injectable } from '@nestjs/common';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { emptyRange, VERIFICATION_RUNS } from './audit.errors.js';
import type { VerificationDto } from './dto/audit-answers.dto.js';
import type { RangeQuery } from './dto/audit-requests.dto.js';
import { verifyDatabase } from '../../event-log/verification/verify-log.js';

/** Runs verifications for the API, one at a time in this process. */
@Injectable()
export class Verifier {
  private running = false;

  constructor(private readonly database: DatabaseUrl) {}

  /** @throws ProblemError 429 while another one runs, 400 for an empty range */
  async verify({ from_id: fromId, to_id: toId }: RangeQuery): Promise<VerificationDto> {
    const [from, to] = [Number(fromId ?? 1), toId === undefined ? null : Number(toId)];
    if (to !== null && from > to) throw new ProblemError(emptyRange(from, to));
    if (this.running) throw new ProblemError(VERIFICATION_RUNS);
    this.running = true;
    const started = performance.now();
    try {
      const found = await verifyDatabase(this.database.url, { fromId: from, toId: to });
      if (from > found.head.id) throw new ProblemError(emptyRange(from, found.head.id));
      return { ...found, duration_ms: Math.round(performance.now() - started) };
    } finally {
      this.running = false;
    }
  }
}
