import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import { Submission, type Caller } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import type { ActivateDto, ChangePasswordDto, LoginDto } from './dto/auth.dto.js';
import type { User } from './entities/user.entity.js';
import { LOGIN_REFUSED, TOKEN_REFUSED, USER_NOT_FOUND, weakPassword } from './identity.errors.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordHasher } from './password-hasher.js';
import { passwordProblem } from './password.rules.js';
import { activateCommand, changePasswordCommand, loginAnswer, logoutCommand } from './self.commands.js';
import { CREDENTIALS, USERS } from './tables.js';
import { REFRESH_GRACE_SECONDS, REFRESH_SECONDS, tokenHash, Tokens } from './tokens.js';

/** Logins and passwords: the slow and the random parts, so that the commands' rules need none. */
@Injectable()
export class IdentityService {
  private readonly logger = new Logger('identity');

  constructor(
    private readonly states: StateReader,
    private readonly bookkeeping: BookkeepingRepository,
    private readonly hasher: PasswordHasher,
    private readonly tokens: Tokens,
    private readonly throttle: LoginThrottle,
  ) {}

  /** @throws ProblemError 401 in the same words and the same time for every reason */
  async login({ username, password }: LoginDto, request: Request) {
    const [user] = await this.states.rows(USERS, 'username = $1', [username.toLowerCase()]);
    const credential = user ? await this.states.one(CREDENTIALS, user.id) : null;
    const fits = await this.hasher.verify(credential?.password_hash ?? null, password);
    if (!user || !fits || user.disabled) {
      this.logger.warn({ address: request.ip }, 'a login was refused');
      throw new ProblemError(LOGIN_REFUSED);
    }
    await this.throttle.forgive(request);
    const refreshToken = this.tokens.newRefreshToken();
    const session = {
      tokenHash: tokenHash(refreshToken),
      familyId: uuidv7(),
      userId: user.id,
      lifeSeconds: REFRESH_SECONDS,
    };
    await this.bookkeeping.openSession(session);
    return this.loggedIn(user, refreshToken);
  }

  /** @throws ProblemError 401 */
  async refresh(refreshToken: string) {
    const successor = this.tokens.successorOf(refreshToken);
    const rotated = await this.bookkeeping.rotateSession({
      tokenHash: tokenHash(refreshToken),
      successorHash: tokenHash(successor),
      lifeSeconds: REFRESH_SECONDS,
      graceSeconds: REFRESH_GRACE_SECONDS,
    });
    const user = rotated ? await this.states.one(USERS, rotated.userId) : null;
    if (!user) throw new ProblemError(TOKEN_REFUSED);
    return this.loggedIn(user, successor);
  }

  /** Ends sessions, then records it. */
  async logout({ id }: Caller, refreshToken: string | undefined): Promise<Submission> {
    await this.bookkeeping.endSessions(id, refreshToken === undefined ? null : tokenHash(refreshToken));
    return Submission.of(logoutCommand(id, refreshToken === undefined));
  }

  /** @throws ProblemError 401 for a token that opens nothing, 400 for a weak password */
  async activate({ activation_token: token, password }: ActivateDto): Promise<Submission> {
    const activationHash = tokenHash(token);
    const where = 'activation_hash = $1 and activation_expires_at > clock_timestamp()';
    const [credential] = await this.states.rows(CREDENTIALS, where, [activationHash]);
    const user = credential ? await this.states.one(USERS, credential.user_id) : null;
    if (!user || user.disabled) throw new ProblemError(TOKEN_REFUSED);
    this.checkPassword(password, user.username, 'password');
    const command = activateCommand({
      userId: user.id,
      activationHash,
      passwordHash: await this.hasher.hash(password),
      accessToken: await this.tokens.accessToken(user.id),
      refreshToken: this.tokens.newRefreshToken(),
    });
    return Submission.of(command, { kind: 'user', id: user.id });
  }

  /** @throws ProblemError 400 for a weak password */
  async changePassword(
    { id }: Caller,
    { current_password: current, new_password: next }: ChangePasswordDto,
  ): Promise<Submission> {
    const user = await this.states.one(USERS, id);
    const credential = await this.states.one(CREDENTIALS, id);
    if (!user || !credential) throw new ProblemError(USER_NOT_FOUND);
    this.checkPassword(next, user.username, 'new_password');
    const fits = await this.hasher.verify(credential.password_hash, current);
    const verifiedAgainst = fits ? credential.password_hash : null;
    // A wrong one is refused by the rule, so that the refusal is an event; it needs no new hash.
    const passwordHash = fits ? await this.hasher.hash(next) : '';
    return Submission.of(changePasswordCommand({ userId: id, verifiedAgainst, passwordHash }));
  }

  private checkPassword(password: string, username: string, member: string): void {
    const problem = passwordProblem(password, username);
    if (problem !== null) throw new ProblemError(weakPassword(member, problem));
  }

  private async loggedIn(user: User, refreshToken: string) {
    return loginAnswer(await this.tokens.accessToken(user.id), refreshToken, user.roles);
  }
}
