import { tableOf } from '../../event-log/table.js';
import { Session } from './entities/session.entity.js';
import { UserCredential } from './entities/user-credential.entity.js';
import { User } from './entities/user.entity.js';

/** The tables of identity. */
export const USERS = tableOf(User);
export const CREDENTIALS = tableOf(UserCredential);
export const SESSIONS = tableOf(Session);
