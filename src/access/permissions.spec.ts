import { describe, expect, it } from '@jest/globals';
import { isAllowed } from './access.gate.js';
import { areRolesCompatible, grantOf, isPermission, PERMISSIONS, ROLES, rolesMay } from './permissions.js';

const EVERYBODY = 'intent_architect arbiter operator maintainer auditor';

/** The contract's table: for each right the roles that have it, and how far an agent's own goes. */
const CONTRACT: Record<string, [roles: string, agent: 'none' | 'own' | 'all']> = {
  'self.manage': [EVERYBODY, 'none'],
  'self.read': [EVERYBODY, 'none'],
  'roles.read': [EVERYBODY, 'none'],
  'users.manage': ['maintainer', 'none'],
  'users.read': ['maintainer auditor', 'none'],
  'agents.manage': ['intent_architect operator', 'none'],
  'agents.read': [EVERYBODY, 'own'],
  'keys.manage': ['intent_architect operator maintainer', 'none'],
  'budgets.manage': ['intent_architect arbiter operator', 'none'],
  // Not in the contract's table by name: the debt of an agent is the arbiter's to forgive or fund.
  'debts.settle': ['arbiter', 'none'],
  'budgets.read': [EVERYBODY, 'own'],
  'actions.perform': ['', 'own'],
  'actions.read': [EVERYBODY, 'own'],
  'immune.quarantine': ['intent_architect arbiter', 'none'],
  'immune.release': ['arbiter', 'none'],
  'immune.terminate': ['intent_architect arbiter', 'none'],
  'immune.read': [EVERYBODY, 'own'],
  // Not in the contract's table by name: operators run things, and what they decide is accountable.
  'anomalies.decide': ['arbiter operator', 'none'],
  'policies.manage': ['intent_architect', 'none'],
  'policies.read': [EVERYBODY, 'none'],
  'escalations.decide': ['arbiter', 'none'],
  'escalations.read': ['arbiter auditor', 'own'],
  'state.alert': ['intent_architect arbiter operator', 'none'],
  'state.move': ['intent_architect arbiter', 'none'],
  'state.read': [EVERYBODY, 'all'],
  'log.read': ['intent_architect arbiter auditor', 'none'],
  // Not in the contract's table, which knows no erasure: an act that cannot be taken back is for who has the last word.
  'log.erase': ['arbiter', 'none'],
  'log.prove': ['auditor', 'none'],
};

const principal = (type: 'user' | 'agent' | 'system', roles: string[] = []) => ({ actor: { type, id: 'x' }, roles });

describe('permissions', () => {
  it('are the rights of the contract, no more and no fewer', () => {
    expect(Object.keys(PERMISSIONS).toSorted()).toEqual(Object.keys(CONTRACT).toSorted());
    expect([...ROLES].toSorted()).toEqual(EVERYBODY.split(' ').toSorted());
  });

  it.each(Object.entries(CONTRACT))('%s is of %j', (right, [held, agent]) => {
    const may = ROLES.filter((role) => rolesMay([role], right));
    expect(may.toSorted()).toEqual(held.split(' ').filter(Boolean).toSorted());
    expect(ROLES.filter((role) => isAllowed(principal('user', [role]), right))).toEqual(may);
    expect(isAllowed(principal('agent'), right)).toBe(agent !== 'none');
    expect(grantOf(right).agent).toBe(agent);
    expect(grantOf(right).title).not.toBe('');
  });

  it('add up over the roles of a user, and a role that an agent or the system shows counts for nothing', () => {
    expect(rolesMay(['operator', 'arbiter'], 'immune.release')).toBe(true);
    expect(rolesMay([], 'state.read')).toBe(false);
    expect(rolesMay(['owner'], 'state.read')).toBe(false);
    expect(isAllowed(principal('agent', ['maintainer']), 'users.manage')).toBe(false);
    expect(isAllowed(principal('system'), 'users.manage')).toBe(true);
    expect(isAllowed(principal('agent'), 'system')).toBe(false);
    expect(isAllowed(principal('user', [...ROLES]), 'system')).toBe(false);
  });

  it('are nobody’s where they are unknown, also by the names of built-in members', () => {
    for (const name of ['', 'users.delete', 'constructor', '__proto__', 'toString']) {
      expect(grantOf(name)).toMatchObject({ roles: [], agent: 'none' });
      expect(rolesMay([...ROLES], name)).toBe(false);
      expect(isPermission(name)).toBe(false);
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
    [['auditor', 'auditor'], false],
    [['intent_architect', 'arbiter', 'operator', 'maintainer'], true],
    [['operator', 'owner'], false],
    [['owner'], false],
    [[], false],
  ])('lets %j stand together: %p', (roles, fits) => {
    expect(areRolesCompatible(roles)).toBe(fits);
  });
});
