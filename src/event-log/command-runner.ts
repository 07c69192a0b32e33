import { Injectable } from '@nestjs/common';
import { ProblemError } from '../platform/errors/problem.js';
import { pathOf, type GovernedRequest } from '../platform/http/governed-request.js';
import type { JsonValue } from '../platform/json.js';
import type { Caller, Idempotency, Reply, Submission } from './command.js';
import { Fingerprints } from './fingerprints.js';
import { IDEMPOTENCY_KEY_MAX, isIdempotencyKey } from './idempotency.js';
import { Spine } from './spine.js';

/** Routes whose requests take no Idempotency-Key: their answers are secrets. */
const WITHOUT_IDEMPOTENCY = '/api/v1/auth/';

/** Hands the commands of an HTTP request to the spine, with who asks, the request's id and its idempotency key. */
@Injectable()
export class CommandRunner {
  constructor(
    private readonly spine: Spine,
    private readonly fingerprints: Fingerprints,
  ) {}

  /** @throws ProblemError 400 when the Idempotency-Key has a wrong form */
  async run(request: GovernedRequest, caller: Caller, submission: Submission): Promise<Reply> {
    const idempotency = this.idempotencyOf(request);
    const reply = await this.spine.execute({
      submission,
      caller,
      requestId: request.requestId,
      instance: pathOf(request),
      ...(idempotency ? { idempotency } : {}),
    });
    return submission.finish && reply.status < 400 ? submission.finish(reply) : reply;
  }

  private idempotencyOf(request: GovernedRequest): Idempotency | null {
    const key = request.headers['idempotency-key'];
    if (key === undefined || request.originalUrl.startsWith(WITHOUT_IDEMPOTENCY)) return null;
    if (typeof key !== 'string' || !isIdempotencyKey(key)) {
      throw new ProblemError({
        status: 400,
        code: 'SPINE.IDEMPOTENCY_KEY_INVALID',
        detail: `Idempotency-Key must be 1-${IDEMPOTENCY_KEY_MAX} printable ASCII characters`,
      });
    }
    return {
      key,
      fingerprint: this.fingerprints.of(request.method, request.originalUrl, (request.body ?? null) as JsonValue),
    };
  }
}
