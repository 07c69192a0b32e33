import type { Command } from '../../event-log/command.js';
import { updated, type Effect } from '../../event-log/effect.js';
import type { Problem } from '../../platform/errors/problem.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import { AGENTS, type Agent } from '../agents/index.js';
import type { Finding } from './detection/finding.js';
import { restrainCommand } from './restraint.command.js';

/** Actions that a throttled agent may begin a minute: enough to go on with what matters and to be seen doing it. */
export const THROTTLE_PER_MINUTE = 6;
/** How long a throttle lasts, in seconds: ten minutes, in which people can look. */
export const THROTTLE_SECONDS = 600;

const MINUTE_SECONDS = 60;

/** A policy slows an agent down on a finding. */
export function throttleCommand(finding: Finding): Command {
  return restrainCommand('immune.throttle', finding, (agent, now) => {
    const until = plusSeconds(now, THROTTLE_SECONDS);
    // One that is in force goes on: its count does not begin anew with each finding.
    const inForce = agent.throttle !== null && now < agent.throttle.until ? agent.throttle : null;
    const { minute, used } = inForce ?? { minute: now, used: 0 };
    const throttle = { until, per_minute: THROTTLE_PER_MINUTE, policy_id: finding.policy_id, minute, used };
    return { ...agent, throttle };
  });
}

/**
 * What a throttle says to one more action: no, or how its count goes on.
 * @returns effects that count the action; none where the agent is not throttled
 */
export function throttled(agent: Readonly<Agent>, now: Timestamp): { problem: Problem } | { effects: Effect[] } {
  const { throttle } = agent;
  if (throttle === null || now >= throttle.until) return { effects: [] };
  const minuteEnds = plusSeconds(throttle.minute, MINUTE_SECONDS);
  const fresh = now >= minuteEnds ? { minute: now, used: 0 } : { minute: throttle.minute, used: throttle.used };
  if (fresh.used >= throttle.per_minute) return { problem: slowDown(throttle, minuteEnds) };
  return { effects: [updated(AGENTS, { ...agent, throttle: { ...throttle, ...fresh, used: fresh.used + 1 } })] };
}

function slowDown(
  { until, per_minute: most, policy_id: by }: NonNullable<Agent['throttle']>,
  next: Timestamp,
): Problem {
  return {
    status: 403,
    code: 'IMMUNE.THROTTLED',
    detail: `the policy ${by} lets the agent begin ${most} actions a minute until ${until}; the next one from ${next}`,
    members: { retry_at: next },
  };
}
