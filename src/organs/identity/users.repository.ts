import { Injectable } from '@nestjs/common';
import { PERMISSIONS, ROLES } from '../../access/permissions.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page, type PageQuery } from '../../platform/http/paging.js';
import { UUID } from '../../platform/http/patterns.js';
import type { RolesDto, UserDto } from './dto/user.dto.js';
import { USER_NOT_FOUND } from './identity.errors.js';
import { USERS } from './tables.js';

/** Reads users, and the permission table as data. */
@Injectable()
export class UsersRepository {
  constructor(private readonly states: StateReader) {}

  /** Users in the order they were made. */
  async list({ cursor, limit }: PageQuery): Promise<Page<UserDto>> {
    const after = cursorKey(cursor, (key) => UUID.test(key));
    const rows = await this.states.rows(USERS, '($1::uuid is null or id > $1) order by id limit $2', [
      after,
      limit + 1,
    ]);
    return pageOf(
      rows,
      limit,
      (row) => row.id,
      (row) => row,
    );
  }

  /** @throws ProblemError 404 */
  async one(id: string): Promise<UserDto> {
    const user = await this.states.one(USERS, id);
    if (!user) throw new ProblemError(USER_NOT_FOUND);
    return user;
  }

  /** Who may do what. */
  roles(): RolesDto {
    const permissions = Object.entries(PERMISSIONS).map(([permission, grant]) => ({ permission, ...grant }));
    return { roles: ROLES, permissions };
  }
}
