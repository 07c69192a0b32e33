import { describe, expect, it } from '@jest/globals';
import { areRolesCompatible, grantOf, PERMISSIONS, rolesMay } from './permissions.js';

describe('permissions', () => {
  it('are nobody’s where they are unknown, also by the names of built-in members', () => {
    for (const name of ['', 'users.delete', 'constructor', '__proto__', 'toString']) {
      expect(grantOf(name)).toMatchObject({ roles: [], agent: 'none' });
      expect(rolesMay(['maintainer', 'arbiter'], name)).toBe(false);
    }
  });

  it('never let the one who checks the books write in them', () => {
    const reads = /\.(read|prove)$|^self\./;
    const held = Object.entries(PERMISSIONS).filter(([, grant]) =>
      (grant.roles as readonly string[]).includes('auditor'),
    );
    expect(held.map(([name]) => name).filter((name) => !reads.test(name))).toEqual([]);
  });

  it.each([
    [['operator'], true],
    [['operator', 'arbiter'], true],
    [['auditor'], true],
    [['auditor', 'operator'], false],
    [['owner'], false],
    [[], false],
  ])('lets %j stand together: %p', (roles, fits) => {
    expect(areRolesCompatible(roles)).toBe(fits);
  });
});
