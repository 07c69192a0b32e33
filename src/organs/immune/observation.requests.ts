import { Injectable } from '@nestjs/common';
import { batchOf } from '../../event-log/batch.js';
import { Submission, type Command } from '../../event-log/command.js';
import { Fingerprints, type RawBatch } from '../../event-log/fingerprints.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { timestampOfRfc3339 } from '../../platform/time.js';
import type { ObserveBatchDto, ObserveDto } from './dto/observation.dto.js';
import { tooManyObservations } from './immune.errors.js';
import { ObservationMeter, OBSERVATIONS_PER_MINUTE_MAX } from './observation-meter.js';
import { observeCommand } from './observe.command.js';

/** Makes commands of what sensors send, up to as many as one process takes of each. */
@Injectable()
export class ObservationRequests {
  private readonly meter = new ObservationMeter();

  constructor(private readonly fingerprints: Fingerprints) {}

  /** @throws ProblemError 429 */
  observe(agentId: string, body: ObserveDto): Submission {
    this.admit(agentId, 1);
    return Submission.of(commandOf(agentId, body));
  }

  /** @throws ProblemError 429, for the whole batch */
  observeBatch(agentId: string, { items }: ObserveBatchDto, raw: RawBatch): Submission {
    this.admit(agentId, items.length);
    return batchOf(items, this.fingerprints.ofItems('/api/v1/observations', raw), (item) => commandOf(agentId, item));
  }

  private admit(agentId: string, count: number): void {
    const wait = this.meter.admit(agentId, count);
    if (wait > 0) throw new ProblemError(tooManyObservations(OBSERVATIONS_PER_MINUTE_MAX, wait));
  }
}

function commandOf(agentId: string, body: ObserveDto): Command {
  const observedAt = body.observed_at === undefined ? null : timestampOfRfc3339(body.observed_at);
  return observeCommand({
    agentId,
    eventType: body.event_type,
    data: body.event_data,
    severity: body.severity,
    ...(observedAt === null ? {} : { observedAt }),
    personal: body.personal ?? false,
  });
}
