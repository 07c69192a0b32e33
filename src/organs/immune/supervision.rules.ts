import type { Command } from '../../event-log/command.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import type { Agent, Supervision } from '../agents/index.js';
import type { Finding } from './detection/finding.js';
import { restrainCommand } from './restraint.command.js';

/** How long each action of an agent needs an approval after a finding, in seconds: an hour, in which people can look. */
export const SUPERVISION_SECONDS = 3_600;

/** A policy lets an agent act only with approvals on a finding. */
export function requireApprovalCommand(finding: Finding): Command {
  return restrainCommand('immune.require_approval', finding, (agent, now) => {
    const supervision: Supervision = { until: plusSeconds(now, SUPERVISION_SECONDS), policy_id: finding.policy_id };
    return { ...agent, supervision };
  });
}

/** The supervision that an agent is under, or null. */
export function supervisionOf({ supervision }: Readonly<Agent>, now: Timestamp): Supervision | null {
  return supervision !== null && now < supervision.until ? supervision : null;
}
