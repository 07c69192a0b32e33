import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { ProblemError, type InvalidMember } from '../errors/problem.js';

/** Members named in one answer: more would help nobody. */
const INVALID_MEMBERS_MAX = 20;

/** Leaves bodies as they came: dangerous names were refused with the body, and Nest would drop `prototype` unsaid. */
class FaithfulPipe extends ValidationPipe {
  protected override stripProtoKeys(): void {}
}

/** The one validation pipe: unknown members are errors, and every invalid member is named by its pointer. */
export function validationPipe(): ValidationPipe {
  return new FaithfulPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      new ProblemError({
        status: 400,
        code: 'REQUEST.INVALID',
        detail: 'the request has invalid members',
        errors: errors.flatMap((e) => invalidMembers(e, '')).slice(0, INVALID_MEMBERS_MAX),
      }),
  });
}

function invalidMembers(error: ValidationError, parent: string): InvalidMember[] {
  const name = error.property.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');
  const pointer = `${parent}/${name}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, detail]) => ({
    pointer,
    detail: wordsOf(rule, detail),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => invalidMembers(child, pointer))];
}

function wordsOf(rule: string, detail: string): string {
  return rule === 'whitelistValidation' ? 'is not a member of this request' : detail;
}
