import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { ProblemError } from '../../platform/errors/problem.js';
import { throttled } from './identity.errors.js';
import { throttleKey } from './login-throttle.js';

/** Stops logins of an account or from an address that failed too often. */
@Injectable()
export class LoginThrottlerGuard extends ThrottlerGuard {
  protected override generateKey(_context: ExecutionContext, tracker: string, name: string): string {
    return throttleKey(name, tracker);
  }

  protected override throwThrottlingException(_context: ExecutionContext, detail: ThrottlerLimitDetail): Promise<void> {
    throw new ProblemError(throttled(detail.timeToBlockExpire));
  }
}
