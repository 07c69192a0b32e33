import { decimalOfNano } from '../../../platform/decimal.js';
import type { Problem } from '../../../platform/errors/problem.js';
import type { Timestamp } from '../../../platform/time.js';
import type { Amount } from '../../metabolism/index.js';
import type { Escalation } from '../entities/escalation.entity.js';

/** 404: also for another agent's, so that ids tell nothing. */
export const ESCALATION_NOT_FOUND: Problem = {
  status: 404,
  code: 'ARBITER.ESCALATION_NOT_FOUND',
  detail: 'there is no such escalation to you',
};

/** 403: only what people approved is used. */
export function notApproved({ status, decide_by: by }: Readonly<Escalation>): Problem {
  const until = status === 'pending' ? `; it is decided by ${by} or expires` : '; ask for something else';
  return { status: 403, code: 'ARBITER.NOT_APPROVED', detail: `the escalation is ${status}${until}` };
}

/** 409: an approval is for one action. */
export function alreadyUsed({ used_action_id: action }: Readonly<Escalation>): Problem {
  return {
    status: 409,
    code: 'ARBITER.ALREADY_USED',
    detail: `the approval was used for the action ${action ?? ''}; it is for one`,
  };
}

/** 409: what was decided long ago is not what is true now. */
export function approvalExpired({ usable_until: until }: Readonly<Escalation>): Problem {
  return {
    status: 409,
    code: 'ARBITER.APPROVAL_EXPIRED',
    detail: `the approval could be used until ${until ?? 'never'}`,
  };
}

/** 409: people decided on an agent of another standing. */
export function approvalVoid({ status_since: since }: { readonly status_since: Timestamp }): Problem {
  return {
    status: 409,
    code: 'ARBITER.APPROVAL_VOID',
    detail: `the agent's standing has changed since it asked, at ${since}; ask again`,
  };
}

/** 409 */
export function policyChanged({ policy_id: id, policy_version: version }: Readonly<Escalation>): Problem {
  return {
    status: 409,
    code: 'ARBITER.POLICY_CHANGED',
    detail: `it was asked under the approval policy ${id}, version ${version}, which is not the one that goes now; ask again`,
  };
}

/** 409 */
export function actionMismatch({ action_type: asked }: Readonly<Escalation>, given: string): Problem {
  return {
    status: 409,
    code: 'ARBITER.ACTION_MISMATCH',
    detail: `the escalation is for ${asked}, not for ${given}`,
  };
}

/** 409 */
export const PAYLOAD_MISMATCH: Problem = {
  status: 409,
  code: 'ARBITER.PAYLOAD_MISMATCH',
  detail: 'this is not the payload that was asked for',
};

/** 409: what nobody can read any more is neither approved nor done. */
export const PAYLOAD_ERASED: Problem = {
  status: 409,
  code: 'ARBITER.PAYLOAD_ERASED',
  detail: 'the payload was erased; ask again',
};

/** 409 */
export function costAboveCeiling({ unit, nano }: Amount, ceiling: bigint): Problem {
  return {
    status: 409,
    code: 'ARBITER.COST_ABOVE_CEILING',
    detail:
      ceiling === 0n
        ? `no cost in ${unit} was approved`
        : `it may cost ${decimalOfNano(ceiling)} ${unit}, not ${decimalOfNano(nano)}`,
  };
}

/** 403: something lets the agent act only with an approval. */
export function approvalRequired(by: string, until: Timestamp | null): Problem {
  const end = until === null ? '' : ` until ${until}`;
  return {
    status: 403,
    code: 'ARBITER.APPROVAL_REQUIRED',
    detail: `${by} requires an approval for each action${end}; ask with POST /api/v1/escalations`,
  };
}

/** 409: a refusal stands until something about the request is other. */
export function alreadyRefused({ id, status }: Readonly<Escalation>): Problem {
  return {
    status: 409,
    code: 'ARBITER.ALREADY_REFUSED',
    detail: `the same was asked before and is ${status} (${id}); change what you ask for, or why`,
  };
}

/** 409: people read a list, not a flood. */
export function tooManyPending(most: number): Problem {
  return {
    status: 409,
    code: 'ARBITER.TOO_MANY_PENDING',
    detail: `${most} escalations of yours wait for a decision already`,
  };
}

/** 403: nobody approves their own. */
export const OWN_AGENT: Problem = {
  status: 403,
  code: 'ARBITER.OWN_AGENT',
  detail: 'whoever registered this agent or issued its key cannot approve for it; somebody else must',
};

/** 409: a person is one. */
export const ALREADY_APPROVED: Problem = {
  status: 409,
  code: 'ARBITER.ALREADY_APPROVED',
  detail: 'you have approved it already; the other approvals must be of other people',
};

/** 409 */
export function alreadyDecided({ status }: Readonly<Escalation>): Problem {
  return { status: 409, code: 'ARBITER.ALREADY_DECIDED', detail: `the escalation is ${status}` };
}

/** 409: silence is a deny. */
export function decidedTooLate({ decide_by: by }: Readonly<Escalation>): Problem {
  return {
    status: 409,
    code: 'ARBITER.DECIDED_TOO_LATE',
    detail: `it had to be decided by ${by}; silence is a deny`,
  };
}

/** 409: somebody else changed it meanwhile. */
export function versionChanged(version: number, expected: number): Problem {
  return {
    status: 409,
    code: 'ARBITER.VERSION_CHANGED',
    detail: `the approval policy is at version ${version}, not ${expected}; read it again`,
  };
}

/** 409: one policy for each pattern. */
export function policyExists(id: string, actionType: string): Problem {
  return {
    status: 409,
    code: 'ARBITER.POLICY_EXISTS',
    detail: `the approval policy ${id} is for ${actionType} already; change that one`,
  };
}

/** 409: so that there is always one for everything. */
export function patternFixed(actionType: string): Problem {
  return {
    status: 409,
    code: 'ARBITER.PATTERN_FIXED',
    detail: `the approval policy is for ${actionType} and stays so; make another one`,
  };
}
