import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { batchOf } from '../../event-log/batch.js';
import { Submission, type Command } from '../../event-log/command.js';
import { Fingerprints, type RawBatch } from '../../event-log/fingerprints.js';
import { Config } from '../../platform/config/config.js';
import { timestampOfRfc3339 } from '../../platform/time.js';
import { costIn } from '../metabolism/index.js';
import { authorizeCommand } from './authorize.command.js';
import { beginCommand } from './begin.command.js';
import { chargeCommand } from './charge.command.js';
import { completeCommand } from './complete.command.js';
import type { AuthorizeBatchDto, AuthorizeDto, CompleteDto } from './dto/action-requests.dto.js';
import type { ChargeBatchDto, ChargeDto } from './dto/charge.dto.js';
import { Permits, type Asked } from './permits/permits.js';

/** Makes commands of what agents send. */
@Injectable()
export class ActionsRequests {
  constructor(
    private readonly config: Config,
    private readonly fingerprints: Fingerprints,
    private readonly permits: Permits,
  ) {}

  authorize(agentId: string, body: AuthorizeDto): Submission {
    const finish = this.permits.ofAuthorization(askedFor(agentId, body));
    return Submission.of(this.authorization(agentId, body)).finishedBy(finish);
  }

  authorizeBatch(agentId: string, { items }: AuthorizeBatchDto, raw: RawBatch): Submission {
    const fingerprints = this.fingerprints.ofItems('/api/v1/actions', raw);
    const finish = this.permits.ofBatch(items.map((item) => askedFor(agentId, item)));
    return batchOf(items, fingerprints, (item) => this.authorization(agentId, item)).finishedBy(finish);
  }

  begin(agentId: string, actionId: string): Submission {
    return Submission.of(beginCommand(agentId, actionId)).finishedBy(this.permits.ofBegin());
  }

  complete(agentId: string, actionId: string, { status, result, personal, ...body }: CompleteDto): Command {
    const cost = costIn(body);
    return completeCommand({
      actionId,
      agentId,
      status,
      ...(cost.amounts.length > 0 || cost.usage ? { cost } : {}),
      ...(result ? { result } : {}),
      ...(personal ? { personal } : {}),
    });
  }

  charge(agentId: string, { cost_amount: amount, unit, costs, ...body }: ChargeDto): Command {
    const occurredAt = body.occurred_at === undefined ? null : timestampOfRfc3339(body.occurred_at);
    const cost = amount === undefined ? undefined : { amount, unit };
    return chargeCommand({
      agentId,
      costType: body.cost_type,
      cost: costIn({ ...body, cost, costs }),
      ...(body.action_id ? { actionId: body.action_id.toLowerCase() } : {}),
      ...(occurredAt ? { occurredAt } : {}),
      ...(body.attributes ? { attributes: body.attributes } : {}),
      ...(body.personal ? { personal: true } : {}),
    });
  }

  chargeBatch(agentId: string, { items }: ChargeBatchDto, raw: RawBatch): Submission {
    return batchOf(items, this.fingerprints.ofItems('/api/v1/metabolism/charge', raw), (item) =>
      this.charge(agentId, item),
    );
  }

  private authorization(
    agentId: string,
    { action_type: actionType, payload, personal, ...body }: AuthorizeDto,
  ): Command {
    return authorizeCommand({
      actionId: uuidv7(),
      agentId,
      actionType,
      cost: costIn(body),
      ...(payload ? { payload } : {}),
      ...(personal ? { personal } : {}),
      ttlSeconds: this.config.actionTtlSeconds,
      leaseSeconds: body.lease_seconds ?? this.config.leaseSeconds,
      isDeferred: body.deferred,
      ...(body.escalation_id ? { escalationId: body.escalation_id.toLowerCase() } : {}),
    });
  }
}

/** What a permit names of a request. */
function askedFor(agentId: string, { action_type: actionType, payload }: AuthorizeDto): Asked {
  return { agentId, actionType, ...(payload ? { payload } : {}) };
}
