import type { Problem } from '../../platform/errors/problem.js';

/** 401: the same words for an unknown user, a wrong password, a disabled and a not yet activated user. */
export const LOGIN_REFUSED: Problem = {
  status: 401,
  code: 'IDENTITY.LOGIN_REFUSED',
  detail: 'the username or the password is wrong',
};

/** 401 */
export const TOKEN_REFUSED: Problem = {
  status: 401,
  code: 'IDENTITY.TOKEN_REFUSED',
  detail: 'the token is unknown, used or over',
};

/** 409: the token was used a moment ago. */
export const ACTIVATION_VOID: Problem = {
  status: 409,
  code: 'IDENTITY.ACTIVATION_VOID',
  detail: 'the activation token is used or over',
};

/** 404 */
export const USER_NOT_FOUND: Problem = {
  status: 404,
  code: 'IDENTITY.USER_NOT_FOUND',
  detail: 'there is no such user',
};

/** 409 */
export const USERNAME_TAKEN: Problem = {
  status: 409,
  code: 'IDENTITY.USERNAME_TAKEN',
  detail: 'this username is taken',
};

/** 403 */
export const OWN_ROLES: Problem = { status: 403, code: 'IDENTITY.OWN_ROLES', detail: 'nobody changes their own roles' };

/** 409 */
export const LAST_MAINTAINER: Problem = {
  status: 409,
  code: 'IDENTITY.LAST_MAINTAINER',
  detail: 'this is the last active maintainer; make and activate another one first',
};

/** 403 */
export const WRONG_PASSWORD: Problem = {
  status: 403,
  code: 'IDENTITY.WRONG_PASSWORD',
  detail: 'the current password is wrong',
};

/** 409: it was changed between our look and the decision. */
export const PASSWORD_CHANGED: Problem = {
  status: 409,
  code: 'IDENTITY.PASSWORD_CHANGED',
  detail: 'the password was changed just now; log in again',
};

/** 429: argon2 takes memory and a thread on purpose. */
export const TOO_MANY_LOGINS: Problem = {
  status: 429,
  code: 'IDENTITY.TOO_MANY_LOGINS',
  detail: 'too many passwords are being checked; try again in a moment',
  retryAfter: 1,
};

/** 429 after wrong passwords. */
export function throttled(retryAfter: number): Problem {
  return {
    status: 429,
    code: 'IDENTITY.THROTTLED',
    detail: 'too many wrong passwords; wait before the next try',
    retryAfter,
  };
}

/** 400: a password that anybody would guess, or of a wrong length. */
export function weakPassword(member: string, detail: string): Problem {
  return {
    status: 400,
    code: 'REQUEST.INVALID',
    detail: 'the request has invalid members',
    errors: [{ pointer: `/${member}`, detail }],
  };
}
