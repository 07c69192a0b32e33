import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { canonicalSha256 } from '../../../event-log/canonical.js';
import { Submission, type Reply } from '../../../event-log/command.js';
import type { JsonObject } from '../../../platform/json.js';
import { costIn } from '../../metabolism/index.js';
import type { EscalateDto } from '../dto/escalation.dto.js';
import { askCommand } from './ask.command.js';

/** Makes a command of what an agent asks for. */
@Injectable()
export class EscalationsRequests {
  ask(agentId: string, { action_type: actionType, payload, personal, reason, ...cost }: EscalateDto): Submission {
    const command = askCommand({
      escalationId: uuidv7(),
      agentId,
      actionType,
      cost: costIn(cost),
      reason,
      ...(payload ? { payload } : {}),
      ...(personal ? { personal } : {}),
    });
    const submission = Submission.of(command);
    return payload && personal ? submission.finishedBy((reply) => withDigest(reply, payload)) : submission;
  }
}

/** The digest of a payload about a person is told to who sent it, and kept nowhere. */
function withDigest(reply: Reply, payload: JsonObject): Promise<Reply> {
  const answer = JSON.parse(reply.body) as JsonObject;
  const body = JSON.stringify({ ...answer, payload_sha256: canonicalSha256(payload) });
  return Promise.resolve({ ...reply, body });
}
