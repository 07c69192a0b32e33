import { CliError } from '../cli-error.js';
import type { SubstrateClient } from '../substrate-client.js';
import { UserSession } from '../substrate-credentials.js';
import { SubstrateError } from '../substrate-error.js';
import { enlistUser, randomPassword } from '../substrate-people.js';
import type { KeyFile } from './key-file.js';
import type { ReplayOptions } from './options.js';

/** The replay's own users: who drives may not check the books, and who checks them may do nothing else. */
const OWN_OPERATOR = { username: 'replay-operator', roles: ['operator'] } as const;
const OWN_AUDITOR = { username: 'replay-auditor', roles: ['auditor'] } as const;

const MAY_REGISTER = ['operator', 'intent_architect'] as const;

/** The people of a run: one registers agents and allocates, the other verifies the log, where somebody may. */
export interface Crew {
  readonly operator: UserSession;
  readonly auditor: UserSession | null;
}

/**
 * Logs in whoever the options name; a maintainer makes (or resets) the replay's own two users.
 * @throws CliError when nobody is named, a password is wrong, or the roles do not allow to register agents
 */
export async function assembleCrew(client: SubstrateClient, options: ReplayOptions, keys: KeyFile): Promise<Crew> {
  const named = options.login === null ? null : await login(client, options.login);
  if (named !== null && named.hasAny('maintainer') && !named.hasAny(...MAY_REGISTER)) {
    const operator = await ensureOwn(client, named, keys, OWN_OPERATOR);
    return { operator, auditor: await ensureOwn(client, named, keys, OWN_AUDITOR) };
  }
  const operator = named ?? (await loginSaved(client, keys, OWN_OPERATOR.username));
  if (operator === null) {
    throw new CliError('who is driving? Give --username (a maintainer at the first run) with SUBSTRATE_PASSWORD');
  }
  if (!operator.hasAny(...MAY_REGISTER)) {
    throw new CliError(`${operator.username} may not register agents: log in as an operator, or as a maintainer`);
  }
  const auditor =
    options.auditLogin === null
      ? await loginSaved(client, keys, OWN_AUDITOR.username)
      : await login(client, options.auditLogin);
  return { operator, auditor };
}

async function login(client: SubstrateClient, user: { username: string; password: string }): Promise<UserSession> {
  try {
    return await UserSession.login(client, user.username, user.password);
  } catch (error) {
    if (!(error instanceof SubstrateError)) throw error;
    throw new CliError(`cannot log in as ${user.username}: ${error.message}`);
  }
}

/** Null when there is no saved password or it is no longer the user's. */
async function loginSaved(client: SubstrateClient, keys: KeyFile, username: string): Promise<UserSession | null> {
  const password = keys.password(username);
  if (password === null) return null;
  try {
    return await UserSession.login(client, username, password);
  } catch (error) {
    if (error instanceof SubstrateError && error.status === 401) return null;
    throw error;
  }
}

async function ensureOwn(
  client: SubstrateClient,
  maintainer: UserSession,
  keys: KeyFile,
  own: { readonly username: string; readonly roles: readonly string[] },
): Promise<UserSession> {
  const saved = await loginSaved(client, keys, own.username);
  if (saved !== null && own.roles.every((role) => saved.hasAny(role))) return saved;
  const password = randomPassword();
  const session = await enlistUser(client, maintainer, { ...own, password });
  await keys.keepPassword(own.username, password);
  return session;
}
