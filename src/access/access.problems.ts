import type { Problem } from '../platform/errors/problem.js';

/** Nobody known calls. The same words for every reason, so that nothing can be learned from them. */
export const UNAUTHENTICATED: Problem = {
  status: 401,
  code: 'ACCESS.UNAUTHENTICATED',
  detail: 'a valid access token or agent key is needed: Authorization: Bearer …',
};

/** The caller is known and may not. */
export const FORBIDDEN: Problem = {
  status: 403,
  code: 'ACCESS.FORBIDDEN',
  detail: 'your role does not allow this; GET /api/v1/roles says which does',
};

/** An agent reaches for what belongs to another. */
export const NOT_YOURS: Problem = {
  status: 403,
  code: 'ACCESS.NOT_YOURS',
  detail: 'an agent acts for itself only and sees only its own',
};
