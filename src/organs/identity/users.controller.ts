import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { Allows, Commands } from '../../access/decorators.js';
import { CallerParam } from '../../access/params.js';
import { Submission, type Caller } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { PageQuery } from '../../platform/http/paging.js';
import { IdParam } from '../../platform/http/route-params.js';
import { ChangePasswordDto, PasswordChangedDto } from './dto/auth.dto.js';
import { CreateUserDto, RolesDto, UpdateUserDto, UserChangedDto, UserDto, UserInvitedDto } from './dto/user.dto.js';
import { IdentityService } from './identity.service.js';
import { Tokens } from './tokens.js';
import { createUserCommand, resetUserCommand, updateUserCommand } from './users.commands.js';
import { UsersRepository } from './users.repository.js';

const IN_PATH = { type: 'user', in: 'params', member: 'id' } as const;

/** Users and their roles. */
@ApiTags('Identity')
@ApiProblems(400, 401, 403, 429, 503)
@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersRepository,
    private readonly identity: IdentityService,
    private readonly tokens: Tokens,
  ) {}

  @Post('users')
  @HttpCode(201)
  @Commands('identity.create_user', 'users.manage', {
    summary: 'Make a user',
    description:
      'The activation token is shown this once and good for 24 h; with it the user sets a password that nobody else knows.',
  })
  @ApiCreatedResponse({ type: UserInvitedDto })
  @ApiProblems(409, 413, 415, 422)
  create(@Body() { username, roles }: CreateUserDto): Submission {
    return Submission.of(
      createUserCommand({ id: uuidv7(), username, roles, activationToken: this.tokens.newActivationToken() }),
    );
  }

  @Get('users')
  @Allows('users.read', { summary: 'Users, in the order they were made' })
  @ApiPage(UserDto)
  list(@Query() query: PageQuery) {
    return this.users.list(query);
  }

  @Get('users/me')
  @Allows('self.read', { summary: 'The user that asks' })
  @ApiOkResponse({ type: UserDto })
  me(@CallerParam() { id }: Caller): Promise<UserDto> {
    return this.users.one(id);
  }

  @Post('users/me/password')
  @HttpCode(200)
  @Commands('identity.change_password', 'self.manage', {
    summary: 'Change the own password; ends all sessions',
    description: 'Log in again afterwards. Access tokens that were given out live on for their 15 minutes at most.',
  })
  @ApiOkResponse({ type: PasswordChangedDto })
  @ApiProblems(409, 413, 415, 422)
  changePassword(@Body() body: ChangePasswordDto, @CallerParam() caller: Caller): Promise<Submission> {
    return this.identity.changePassword(caller, body);
  }

  @Get('users/:id')
  @Allows('users.read', { summary: 'One user' })
  @ApiOkResponse({ type: UserDto })
  @ApiProblems(404)
  one(@Param() { id }: IdParam): Promise<UserDto> {
    return this.users.one(id);
  }

  @Patch('users/:id')
  @Commands('identity.update_user', 'users.manage', {
    summary: "Change a user's roles, disable or enable it",
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: UserChangedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  update(@Param() { id }: IdParam, @Body() change: UpdateUserDto): Submission {
    return Submission.of(updateUserCommand(id.toLowerCase(), change));
  }

  @Post('users/:id/reset')
  @HttpCode(200)
  @Commands('identity.reset_user', 'users.manage', {
    summary: "Void a user's password and sessions and open a new activation",
    description:
      'Access tokens that were given out live on for their 15 minutes at most; to stop them at once, disable the user.',
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: UserInvitedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  reset(@Param() { id }: IdParam): Submission {
    return Submission.of(resetUserCommand(id.toLowerCase(), this.tokens.newActivationToken()));
  }

  @Get('roles')
  @Allows('roles.read', { summary: 'Who may do what' })
  @ApiOkResponse({ type: RolesDto })
  roles(): RolesDto {
    return this.users.roles();
  }
}
