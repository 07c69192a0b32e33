import { EventTextRow } from '../../../event-log/entities.js';
import { tableOf } from '../../../event-log/table.js';
import { ApprovalPolicy } from '../entities/approval-policy.entity.js';
import { Escalation } from '../entities/escalation.entity.js';

/** The tables of escalations, and that of the texts beside the log. */
export const ESCALATIONS = tableOf(Escalation);
export const APPROVAL_POLICIES = tableOf(ApprovalPolicy);
export const TEXTS = tableOf(EventTextRow);

/** The key of the text that is kept beside the event that asked. */
export function payloadTextId(eventId: number): string {
  return `${eventId}/payload`;
}
