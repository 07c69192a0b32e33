import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayUnique, IsArray, IsBoolean, Matches, ValidateBy, ValidateIf } from 'class-validator';
import { areRolesCompatible, ROLES, type Role } from '../../../access/permissions.js';
import { EventReferenceDto } from '../../../platform/http/answers.js';

const USER_ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

/** The form of a username, once in lower case. */
export const USERNAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/;

/** One or more roles that may stand together. */
function AreRoles(): PropertyDecorator {
  return ValidateBy({
    name: 'areRoles',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && areRolesCompatible(value as string[]),
      defaultMessage: () => `must be one or more of ${ROLES.join(', ')}; auditor stands alone`,
    },
  });
}

/** `POST /users`. */
export class CreateUserDto {
  @ApiProperty({
    example: 'ada',
    description: 'kept in lower case; it stands in the log for ever, so take no more of a person than needed',
  })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  @Matches(USERNAME, { message: 'must be a letter or digit, then up to 63 of a-z 0-9 . _ @ + -' })
  username!: string;

  @ApiProperty({ enum: ROLES, isArray: true, example: ['operator'] })
  @IsArray()
  @ArrayUnique()
  @AreRoles()
  roles!: Role[];
}

/** `PATCH /users/:id`: absent members stay. */
export class UpdateUserDto {
  @ApiPropertyOptional({ enum: ROLES, isArray: true, example: ['operator', 'arbiter'] })
  @ValidateIf((dto: UpdateUserDto) => dto.roles !== undefined)
  @IsArray()
  @ArrayUnique()
  @AreRoles()
  roles?: Role[];

  @ApiPropertyOptional({ example: false })
  @ValidateIf((dto: UpdateUserDto) => dto.disabled !== undefined)
  @IsBoolean()
  disabled?: boolean;
}

/** A user. */
export class UserDto {
  @ApiProperty({ example: USER_ID })
  id!: string;

  @ApiProperty({ example: 'ada' })
  username!: string;

  @ApiProperty({ enum: ROLES, isArray: true })
  roles!: string[];

  @ApiProperty({ example: false })
  disabled!: boolean;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  created_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T12:10:00.000000Z',
    description: 'when the present password was set',
  })
  activated_at!: string | null;
}

/** A changed user. */
export class UserChangedDto extends UserDto {
  @ApiProperty()
  event!: EventReferenceDto;
}

/** A user that can be activated. */
export class UserInvitedDto extends UserChangedDto {
  @ApiProperty({ type: String, nullable: true, example: 'ea_…', description: 'shown this once; null in a replay' })
  activation_token!: string | null;

  @ApiProperty({ example: '2026-02-01T12:00:00.000000Z' })
  activation_expires_at!: string;
}

/** One right of the permission table. */
export class PermissionDto {
  @ApiProperty({ example: 'immune.release' })
  permission!: string;

  @ApiProperty({ example: 'release' })
  title!: string;

  @ApiProperty({ enum: ROLES, isArray: true })
  roles!: readonly string[];

  @ApiProperty({ enum: ['none', 'own', 'all'], description: "how far an agent's own right reaches" })
  agent!: string;
}

/** `GET /roles`. */
export class RolesDto {
  @ApiProperty({ enum: ROLES, isArray: true })
  roles!: readonly string[];

  @ApiProperty({ type: () => [PermissionDto] })
  permissions!: PermissionDto[];
}
