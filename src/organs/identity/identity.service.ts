import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import { Submission, type Caller } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { tokenHash } from '../../platform/random-token.js';
import type { ActivateDto, ChangePasswordDto, LoginDto } from './dto/auth.dto.js';
import type { User } from './entities/user.entity.js';
import { LOGIN_REFUSED, TOKEN_REFUSED, USER_NOT_FOUND, weakPassword } from './identity.errors.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordHasher } from './password-hasher.js';
import { passwordProblem } from './password.rules.js';
import { activateCommand, changePasswordCommand, loginAnswer, logoutCommand } from './self.commands.js';
import { CREDENTIALS, USERS } from './tables.js';
import { REFRESH_GRACE_SECONDS, REFRESH_SECONDS, Tokens } from './tokens.js';

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
  async login(credentials: LoginDto, request: Request) {
    const user = await this.userBehind(credentials, request);
    if (!user?.activated_at) {
      this.logger.warn({ address: request.ip }, 'a login was refused');
      throw new ProblemError(LOGIN_REFUSED);
    }
    const refreshToken = this.tokens.newRefreshToken();
    await this.bookkeeping.openSession({
      tokenHash: tokenHash(refreshToken),
      familyId: uuidv7(),
      userId: user.id,
      passwordSetAt: user.activated_at,
      lifeSeconds: REFRESH_SECONDS,
    });
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

  /** @throws ProblemError 400 for a weak password, 429 after too many wrong ones */
  async changePassword(
    { id }: Caller,
    { current_password: current, new_password: next }: ChangePasswordDto,
  ): Promise<Submission> {
    const user = await this.states.one(USERS, id);
    const credential = await this.states.one(CREDENTIALS, id);
    if (!user || !credential) throw new ProblemError(USER_NOT_FOUND);
    this.checkPassword(next, user.username, 'new_password');
    await this.throttle.countOwn(id);
    const fits = await this.isRight(credential.password_hash, current, () => this.throttle.forgiveOwn(id));
    const verifiedAgainst = fits ? credential.password_hash : null;
    // A wrong one is refused by the rule, so that the refusal is an event; it needs no new hash.
    const passwordHash = fits ? await this.hasher.hash(next) : '';
    return Submission.of(changePasswordCommand({ userId: id, verifiedAgainst, passwordHash }));
  }

  /**
   * The user that the credentials fit, or null. An unknown user costs the same queries and the same hashing. The user is read
   * before its password: one that is changed meanwhile then opens no session that lasts.
   */
  private async userBehind({ username, password }: LoginDto, request: Request): Promise<User | null> {
    const name = username.toLowerCase();
    const [user] = await this.states.rows(USERS, 'username = $1', [name]);
    const ofUser = 'user_id = (select id from users where username = $1)';
    const [credential] = await this.states.rows(CREDENTIALS, ofUser, [name]);
    const passwordHash = user && !user.disabled ? (credential?.password_hash ?? null) : null;
    const fits = await this.isRight(passwordHash, password, () => this.throttle.forgive(request));
    return fits && user ? user : null;
  }

  /** Checks a password whose attempt was counted; unless it turns out wrong, the count is taken back. */
  private async isRight(
    passwordHash: string | null,
    password: string,
    takeBack: () => Promise<void>,
  ): Promise<boolean> {
    let isWrong = false;
    try {
      const fits = await this.hasher.verify(passwordHash, password);
      isWrong = !fits;
      return fits;
    } finally {
      if (!isWrong) await takeBack();
    }
  }

  private checkPassword(password: string, username: string, member: string): void {
    const problem = passwordProblem(password, username);
    if (problem !== null) throw new ProblemError(weakPassword(member, problem));
  }

  private async loggedIn(user: User, refreshToken: string) {
    return loginAnswer(await this.tokens.accessToken(user.id), refreshToken, user.roles);
  }
}
