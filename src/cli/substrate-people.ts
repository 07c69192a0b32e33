import { randomBytes } from 'node:crypto';
import { ActivationSchema, pageOf, type User, UserSchema } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';
import { UserSession } from './substrate-credentials.js';
import { SubstrateError } from './substrate-error.js';

/** 192 bits, written in 32 characters: above the shortest password the substrate takes. */
const PASSWORD_BYTES = 24;

/** Pages of users that are searched for a name, of 200 each. */
const PAGES_MAX = 500;

/** A password that nobody needs to remember. */
export function randomPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}

/** Makes a user with the roles and this password, and logs them in; an existing one of that name is reset to it. */
export async function enlistUser(
  client: SubstrateClient,
  maintainer: Credential,
  person: { username: string; roles: readonly string[]; password: string },
): Promise<UserSession> {
  const activationToken = await invite(client, maintainer, person.username, person.roles);
  return UserSession.activate(client, { ...person, activationToken });
}

async function invite(
  client: SubstrateClient,
  maintainer: Credential,
  username: string,
  roles: readonly string[],
): Promise<string> {
  try {
    const call = { method: 'POST', path: '/users', as: maintainer, body: { username, roles } } as const;
    const token = (await client.request(ActivationSchema, call)).body.activation_token;
    if (token !== null) return token;
  } catch (error) {
    if (!(error instanceof SubstrateError && error.status === 409)) throw error;
  }
  return reset(client, maintainer, username, roles);
}

async function reset(
  client: SubstrateClient,
  maintainer: Credential,
  username: string,
  roles: readonly string[],
): Promise<string> {
  const user = await findUser(client, maintainer, username);
  const path = `/users/${user.id}`;
  if (user.disabled === true || !roles.every((role) => user.roles.includes(role))) {
    await client.request(UserSchema, { method: 'PATCH', path, as: maintainer, body: { roles, disabled: false } });
  }
  const call = { method: 'POST', path: `${path}/reset`, as: maintainer } as const;
  const token = (await client.request(ActivationSchema, call)).body.activation_token;
  if (token === null)
    throw new SubstrateError(200, 'CLIENT.SECRET_LOST', `the reset of ${username} was answered twice: run again`);
  return token;
}

async function findUser(client: SubstrateClient, maintainer: Credential, username: string): Promise<User> {
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const path = `/users?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await client.request(pageOf(UserSchema), { method: 'GET', path, as: maintainer });
    const found = body.items.find((user) => user.username === username);
    if (found !== undefined) return found;
    if (typeof body.next_cursor !== 'string') break;
    cursor = body.next_cursor;
  }
  throw new SubstrateError(404, 'CLIENT.NO_SUCH_USER', `${username} exists and is not in the list of users`);
}
