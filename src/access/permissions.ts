/** The human roles. */
export const ROLES = ['intent_architect', 'arbiter', 'operator', 'auditor', 'maintainer'] as const;
export type Role = (typeof ROLES)[number];

/** How far an agent's own right reaches: not at all, to what is its own, or to what is everybody's. */
type AgentReach = 'none' | 'own' | 'all';

interface Grant {
  /** What the right is for, as `GET /roles` tells it. */
  readonly title: string;
  readonly roles: readonly Role[];
  readonly agent: AgentReach;
}

const EVERY_ROLE = ROLES;

/** Who may do what: the whole of it. What is not here may nobody. */
export const PERMISSIONS = {
  'self.manage': { title: 'change the own password, log out', roles: EVERY_ROLE, agent: 'none' },
  'self.read': { title: 'read the own user', roles: EVERY_ROLE, agent: 'none' },
  'roles.read': { title: 'read this table', roles: EVERY_ROLE, agent: 'none' },
  'users.manage': { title: 'manage users and roles', roles: ['maintainer'], agent: 'none' },
  'users.read': { title: 'read users', roles: ['maintainer', 'auditor'], agent: 'none' },
  'agents.manage': {
    title: 'register agents, set capabilities',
    roles: ['intent_architect', 'operator'],
    agent: 'none',
  },
  'agents.read': { title: 'read agents', roles: EVERY_ROLE, agent: 'own' },
  'keys.manage': {
    title: 'issue, rotate, revoke agent keys',
    roles: ['intent_architect', 'operator', 'maintainer'],
    agent: 'none',
  },
  'budgets.manage': {
    title: 'allocate budgets, set limits and prices',
    roles: ['intent_architect', 'arbiter', 'operator'],
    agent: 'none',
  },
  'budgets.read': { title: 'read budgets, ledger and totals', roles: EVERY_ROLE, agent: 'own' },
  'debts.settle': { title: 'forgive or fund the debt of a budget', roles: ['arbiter'], agent: 'none' },
  'actions.perform': {
    title: 'act, complete, charge, observe, heartbeat, confirm orders to stop, ask to escalate',
    roles: [],
    agent: 'own',
  },
  'actions.read': { title: 'read actions', roles: EVERY_ROLE, agent: 'own' },
  'immune.quarantine': { title: 'quarantine', roles: ['intent_architect', 'arbiter'], agent: 'none' },
  'immune.release': { title: 'release', roles: ['arbiter'], agent: 'none' },
  'immune.terminate': { title: 'terminate (apoptosis)', roles: ['intent_architect', 'arbiter'], agent: 'none' },
  'immune.read': {
    title: 'read immune status, quarantines, observations and anomalies',
    roles: EVERY_ROLE,
    agent: 'own',
  },
  'anomalies.decide': { title: 'resolve and dismiss anomalies', roles: ['arbiter', 'operator'], agent: 'none' },
  'policies.manage': {
    title: 'set immune and approval policies, try immune ones, set what each state does',
    roles: ['intent_architect'],
    agent: 'none',
  },
  'policies.read': {
    title: 'read immune and approval policies and what each state does',
    roles: EVERY_ROLE,
    agent: 'none',
  },
  'escalations.decide': { title: 'approve and deny escalations', roles: ['arbiter'], agent: 'none' },
  'escalations.read': { title: 'read escalations', roles: ['arbiter', 'auditor'], agent: 'own' },
  'state.alert': {
    title: 'move the system state to alert',
    roles: ['intent_architect', 'arbiter', 'operator'],
    agent: 'none',
  },
  'state.move': {
    title: 'move the system state, enter or leave defend',
    roles: ['intent_architect', 'arbiter'],
    agent: 'none',
  },
  'state.read': { title: 'read the system state', roles: EVERY_ROLE, agent: 'all' },
  'log.read': {
    title: 'read the event log',
    roles: ['intent_architect', 'arbiter', 'auditor'],
    agent: 'none',
  },
  'log.erase': { title: 'erase texts that are kept beside the log', roles: ['arbiter'], agent: 'none' },
  'log.prove': { title: 'verify and export the event log', roles: ['auditor'], agent: 'none' },
} as const satisfies Record<string, Grant>;

/** The name of a right. */
export type Permission = keyof typeof PERMISSIONS;

/** Whether a text names a right. */
export function isPermission(text: string): text is Permission {
  return Object.hasOwn(PERMISSIONS, text);
}

/** What is granted; the answer to an unknown right is nothing. */
export function grantOf(permission: string): Grant {
  return isPermission(permission) ? PERMISSIONS[permission] : { title: 'unknown', roles: [], agent: 'none' };
}

/** Whether one of these roles has the right. */
export function rolesMay(roles: readonly string[], permission: string): boolean {
  return grantOf(permission).roles.some((role) => roles.includes(role));
}

/** Whether these roles may stand together: each known, at least one, `auditor` alone. */
export function areRolesCompatible(roles: readonly string[]): boolean {
  const known = roles.every((role) => (ROLES as readonly string[]).includes(role));
  return known && roles.length > 0 && (roles.length === 1 || !roles.includes('auditor'));
}
