import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Length, ValidateIf } from 'class-validator';
import { ROLES, type Role } from '../../../access/permissions.js';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { PASSWORD_MAX, PASSWORD_MIN } from '../password.rules.js';

/** Characters that a password, name or token may have at most before anything is done with it. */
const TEXT_MAX = 1_024;
const PASSWORD = 'correct the harbour lantern';

/** `POST /auth/login`. */
export class LoginDto {
  @ApiProperty({ example: 'maintainer' })
  @IsString()
  @Length(1, TEXT_MAX)
  username!: string;

  @ApiProperty({ example: PASSWORD })
  @IsString()
  @Length(1, TEXT_MAX)
  password!: string;
}

/** `POST /auth/refresh`. */
export class RefreshDto {
  @ApiProperty({ example: 'er_…' })
  @IsString()
  @Length(1, TEXT_MAX)
  refresh_token!: string;
}

/** `POST /auth/logout`. */
export class LogoutDto {
  @ApiPropertyOptional({ example: 'er_…', description: 'ends this session only; absent: all sessions of the user' })
  @ValidateIf((dto: LogoutDto) => dto.refresh_token !== undefined)
  @IsString()
  @Length(1, TEXT_MAX)
  refresh_token?: string;
}

/** `POST /auth/activate`. */
export class ActivateDto {
  @ApiProperty({ example: 'ea_…' })
  @IsString()
  @Length(1, TEXT_MAX)
  activation_token!: string;

  @ApiProperty({ example: PASSWORD, minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX })
  @IsString()
  @Length(1, TEXT_MAX)
  password!: string;
}

/** `POST /users/me/password`. */
export class ChangePasswordDto {
  @ApiProperty({ example: PASSWORD })
  @IsString()
  @Length(1, TEXT_MAX)
  current_password!: string;

  @ApiProperty({ example: 'another lantern in the harbour', minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX })
  @IsString()
  @Length(1, TEXT_MAX)
  new_password!: string;
}

/** What a login answers. */
export class LoggedInDto {
  @ApiProperty({ example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…' })
  access_token!: string;

  @ApiProperty({ enum: ['bearer'] })
  token_type!: string;

  @ApiProperty({ example: 900, description: 'seconds' })
  expires_in!: number;

  @ApiProperty({ example: 'er_…' })
  refresh_token!: string;

  @ApiProperty({ enum: ROLES, isArray: true })
  roles!: Role[];
}

/** What an activation answers: a login, and its event. */
export class ActivatedDto extends LoggedInDto {
  @ApiProperty()
  event!: EventReferenceDto;
}

/** What a logout answers. */
export class LoggedOutDto {
  @ApiProperty({ example: true })
  logged_out!: boolean;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** What a change of password answers. */
export class PasswordChangedDto {
  @ApiProperty({ example: true })
  changed!: boolean;

  @ApiProperty()
  event!: EventReferenceDto;
}
