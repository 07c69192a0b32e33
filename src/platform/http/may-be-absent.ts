import { ValidateIf } from 'class-validator';

/** A member that may be left out. Unlike class-validator's `IsOptional`, null is no way to leave it out. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_: object, value: unknown) => value !== undefined);
}
