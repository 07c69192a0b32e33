import { allocateBudget, registerAgent } from '../substrate-agents.js';
import type { SubstrateClient } from '../substrate-client.js';
import { AgentKey, UserSession } from '../substrate-credentials.js';
import { enlistUser, randomPassword } from '../substrate-people.js';
import { FLEET } from './fleet-roster.js';

/** Longer than the story, so that there is budget left to play with. */
const WINDOW_HOURS = 24;

/** The people of the demo: one for each role besides the maintainer. */
const ROLES = ['intent_architect', 'arbiter', 'operator', 'auditor'] as const;
type Role = (typeof ROLES)[number] | 'maintainer';

export interface Person {
  readonly role: Role;
  readonly username: string;
  readonly password: string;
  readonly session: UserSession;
}

/** Everybody who plays: people by role and the agents' keys by id. */
export interface Stage {
  readonly people: Readonly<Record<Role, Person>>;
  readonly agentKeys: ReadonlyMap<string, string>;
}

/** Makes a user of each role, registers the fleet and gives it budgets. */
export async function setStage(client: SubstrateClient, first: { username: string; password: string }): Promise<Stage> {
  const session = await UserSession.login(client, first.username, first.password);
  const maintainer: Person = { role: 'maintainer', ...first, session };
  const [intentArchitect, arbiter, operator, auditor] = await Promise.all([
    enlist(client, session, 'intent_architect'),
    enlist(client, session, 'arbiter'),
    enlist(client, session, 'operator'),
    enlist(client, session, 'auditor'),
  ]);
  const people = { intent_architect: intentArchitect, arbiter, operator, auditor, maintainer };
  const agentKeys = new Map<string, string>();
  for (const { budgetNano, habits: _habits, ...agent } of FLEET) {
    agentKeys.set(agent.agent_id, await registerAgent(client, operator.session, agent));
    const budget = { agentId: agent.agent_id, totalNano: budgetNano, windowHours: WINDOW_HOURS, unit: 'usd' };
    await allocateBudget(client, operator.session, budget);
  }
  return { people, agentKeys };
}

/** The credential of an agent on the stage. */
export function credentialOf(stage: Stage, agentId: string): AgentKey {
  return new AgentKey(stage.agentKeys.get(agentId) ?? '');
}

async function enlist(
  client: SubstrateClient,
  maintainer: UserSession,
  role: Exclude<Role, 'maintainer'>,
): Promise<Person> {
  const password = randomPassword();
  const username = role.replaceAll('_', '-');
  const session = await enlistUser(client, maintainer, { username, roles: [role], password });
  return { role, username, password, session };
}
