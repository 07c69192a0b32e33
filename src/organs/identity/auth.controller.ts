import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Commands, Public } from '../../access/decorators.js';
import { CallerParam } from '../../access/params.js';
import type { Caller, Submission } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import {
  ActivateDto,
  ActivatedDto,
  LoggedInDto,
  LoggedOutDto,
  LoginDto,
  LogoutDto,
  RefreshDto,
} from './dto/auth.dto.js';
import { IdentityService } from './identity.service.js';
import { LoginThrottlerGuard } from './login-throttler.guard.js';

/** Logins. */
@ApiTags('Identity')
@ApiProblems(400, 401, 413, 415, 429, 503)
@Controller('auth')
export class AuthController {
  constructor(private readonly identity: IdentityService) {}

  @Post('login')
  @HttpCode(200)
  @UseGuards(LoginThrottlerGuard)
  @Public({
    summary: 'Log in',
    description: 'Access tokens live 15 minutes; roles are read at each request and are not in them.',
  })
  @ApiOkResponse({ type: LoggedInDto })
  login(@Body() body: LoginDto, @Req() request: Request) {
    return this.identity.login(body, request);
  }

  @Post('refresh')
  @HttpCode(200)
  @Public({
    summary: 'Exchange a refresh token for its successor',
    description:
      'Asked again within 10 s the successor is the same; later the token counts as stolen and its session ends.',
  })
  @ApiOkResponse({ type: LoggedInDto })
  refresh(@Body() { refresh_token: token }: RefreshDto) {
    return this.identity.refresh(token);
  }

  @Post('activate')
  @HttpCode(200)
  @Public({ summary: 'Set the password of a new or reset user, and log in' })
  @ApiOkResponse({ type: ActivatedDto })
  @ApiProblems(409)
  activate(@Body() body: ActivateDto): Promise<Submission> {
    return this.identity.activate(body);
  }

  @Post('logout')
  @HttpCode(200)
  @Commands('identity.logout', 'self.manage', {
    summary: 'End this session, or all of them',
    description: 'Access tokens that were given out live on for their 15 minutes at most.',
  })
  @ApiOkResponse({ type: LoggedOutDto })
  @ApiProblems(403)
  logout(@Body() { refresh_token: token }: LogoutDto, @CallerParam() caller: Caller): Promise<Submission> {
    return this.identity.logout(caller, token);
  }
}
