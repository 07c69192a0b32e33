import { Injectable } from '@nestjs/common';
import type { Reply } from '../../../event-log/command.js';
import { Config } from '../../../platform/config/config.js';
import type { JsonObject } from '../../../platform/json.js';
import type { Timestamp } from '../../../platform/time.js';
import { payloadDigest, permitClaims, type Lease, type PermittedAction } from './permit.js';
import { PermitKey } from './permit-key.js';
import { RunningActionsRepository } from './running-actions.repository.js';

/** What an agent asked leave for, as far as its permit names it. */
export interface Asked {
  readonly agentId: string;
  readonly actionType: string;
  readonly payload?: JsonObject;
}

/** What the decided answer says of a lease; `lease_expires_at` is null where the action is not begun. */
interface Authorized {
  readonly action_id: string;
  readonly authorized_at: Timestamp;
  readonly lease_expires_at: Timestamp | null;
  readonly event: PermittedAction['event'];
}

interface Begun {
  readonly action_id: string;
  readonly begun_at: Timestamp;
  readonly lease_expires_at: Timestamp;
}

/**
 * Signs permits, after commit. Kept nowhere: a permit follows from the answer and the request, so that a replay has the very
 * same one, over by then if its lease is.
 */
@Injectable()
export class Permits {
  private readonly issuer: string;

  constructor(
    { logOrigin }: Config,
    private readonly key: PermitKey,
    private readonly running: RunningActionsRepository,
  ) {
    this.issuer = logOrigin;
  }

  /** A permit for an action that runs. */
  sign(action: PermittedAction, lease: Lease): Promise<string> {
    return this.key.token(permitClaims(this.issuer, action, lease));
  }

  /** Puts the permit into the answer of an authorization. */
  ofAuthorization(asked: Asked): (reply: Reply) => Promise<Reply> {
    return async (reply) => {
      const answer = JSON.parse(reply.body) as JsonObject;
      return { ...reply, body: JSON.stringify(await this.permitted(answer, asked)) };
    };
  }

  /** Puts the permits into the answer of a batch, item by item. */
  ofBatch(asked: readonly Asked[]): (reply: Reply) => Promise<Reply> {
    return async (reply) => {
      const { items } = JSON.parse(reply.body) as { items: JsonObject[] };
      const signed = await Promise.all(
        items.map(async (item, i) => {
          const of = asked[i];
          return item['status'] === 201 && of ? this.permitted(item, of) : item;
        }),
      );
      return { ...reply, body: JSON.stringify({ items: signed }) };
    };
  }

  /** Puts the permit into the answer of a deferred action's begin: the payload is in the log by then. */
  ofBegin(): (reply: Reply) => Promise<Reply> {
    return async (reply) => {
      const answer = JSON.parse(reply.body) as JsonObject & Begun;
      const action = await this.running.one(answer.action_id);
      const lease = { from: answer.begun_at, to: answer.lease_expires_at };
      const permit = action && (await this.sign(action.permitted, lease));
      return { ...reply, body: JSON.stringify({ ...answer, permit }) };
    };
  }

  private async permitted(answer: JsonObject, { agentId, actionType, payload }: Asked): Promise<JsonObject> {
    const { action_id: actionId, authorized_at: from, lease_expires_at: to, event } = answer as unknown as Authorized;
    if (to === null) return answer;
    const action = { actionId, agentId, actionType, payloadSha256: payloadDigest(payload), event };
    return { ...answer, permit: await this.sign(action, { from, to }) };
  }
}
