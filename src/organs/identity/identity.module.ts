import { Module, type OnModuleInit } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { ThrottlerModule } from '@nestjs/throttler';
import { Authenticators } from '../../access/authenticators.js';
import { Principals } from '../../access/principals.js';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import { Config } from '../../platform/config/config.js';
import { AuthController } from './auth.controller.js';
import { FirstUser } from './first-user.js';
import { IdentityService } from './identity.service.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LOGIN_THROTTLERS, LoginThrottle } from './login-throttle.js';
import { PasswordHasher } from './password-hasher.js';
import {
  ACCESS_SECONDS,
  derivedKey,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
  Tokens,
} from './tokens.js';
import { UserAuthenticator } from './user-authenticator.js';
import { UserPrincipals } from './user-principals.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';

/** Users, roles and logins. */
@Module({
  imports: [
    PassportModule,
    JwtModule.registerAsync({
      inject: [Config],
      useFactory: (config: Config) => ({
        secret: derivedKey(config, 'access-token'),
        signOptions: {
          algorithm: TOKEN_ALGORITHM,
          issuer: TOKEN_ISSUER,
          audience: TOKEN_AUDIENCE,
          expiresIn: ACCESS_SECONDS,
          header: { alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE },
        },
      }),
    }),
    ThrottlerModule.forRootAsync({
      inject: [BookkeepingRepository],
      useFactory: (bookkeeping: BookkeepingRepository) => ({
        throttlers: LOGIN_THROTTLERS,
        storage: new LoginThrottle(bookkeeping),
        // How often somebody failed to log in is nobody else's business.
        setHeaders: false,
      }),
    }),
  ],
  controllers: [AuthController, UsersController],
  providers: [
    FirstUser,
    IdentityService,
    JwtStrategy,
    LoginThrottle,
    PasswordHasher,
    Tokens,
    UserAuthenticator,
    UserPrincipals,
    UsersRepository,
  ],
  exports: [FirstUser],
})
export class IdentityModule implements OnModuleInit {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly principals: Principals,
    private readonly genesis: GenesisParts,
    private readonly authenticator: UserAuthenticator,
    private readonly source: UserPrincipals,
    private readonly firstUser: FirstUser,
  ) {}

  onModuleInit(): void {
    this.authenticators.register(this.authenticator);
    this.principals.register(this.source);
    this.genesis.register(() => this.firstUser.prepare());
  }
}
