import { decimalOfNano, nanoOfNumber } from '../../platform/decimal.js';
import { compactTable } from '../compact-table.js';
import type { Verification } from '../substrate-answers.js';
import { readBudget } from '../substrate-agents.js';
import { verifyLog } from '../substrate-audit.js';
import type { SubstrateClient } from '../substrate-client.js';
import { readStanding } from '../substrate-immune.js';
import { terminal } from '../terminal.js';
import { type AppealReport, sentenceOf } from './appeal.js';
import { FLEET } from './fleet-roster.js';
import type { RunawayReport } from './runaway.js';
import type { ServerProcess } from './server-process.js';
import type { Show } from './show.js';
import type { Stage } from './stage.js';

export interface AgentLine {
  readonly agentId: string;
  readonly type: string;
  readonly authorized: number;
  readonly refused: number;
  readonly settled: number;
  readonly failed: number;
  /** Exact decimals in US dollars. */
  readonly budget: string;
  readonly spent: string;
  readonly debt: string;
  readonly quarantined: boolean;
  readonly onProbation: boolean;
}

/** What the demo came to, and how to go on from there. */
export interface Summary {
  readonly url: string;
  readonly docs: string;
  readonly dataFolder: string;
  readonly users: ReadonlyArray<{ readonly username: string; readonly role: string; readonly password: string }>;
  readonly agentKey: { readonly agentId: string; readonly key: string };
  readonly agents: readonly AgentLine[];
  readonly runaway: RunawayReport;
  readonly appeal: AppealReport;
  readonly verification: Verification;
}

/** Reads the books after the show, and has the log verified by the auditor. */
export async function summarize(
  client: SubstrateClient,
  server: ServerProcess,
  stage: Stage,
  show: Show,
  reports: Pick<Summary, 'runaway' | 'appeal'>,
): Promise<Summary> {
  const agents: AgentLine[] = [];
  for (const agent of FLEET) agents.push(await readAgent(client, stage, show, agent.agent_id, agent.type));
  const [agentId = '', key = ''] = [...stage.agentKeys].find(([id]) => id === 'support-drafter') ?? [];
  return {
    url: server.url,
    docs: `${server.url}/docs`,
    dataFolder: server.dataFolder,
    users: Object.values(stage.people).map(({ username, role, password }) => ({ username, role, password })),
    agentKey: { agentId, key },
    agents,
    ...reports,
    verification: await verifyLog(client, stage.people.auditor.session),
  };
}

async function readAgent(
  client: SubstrateClient,
  stage: Stage,
  show: Show,
  agentId: string,
  type: string,
): Promise<AgentLine> {
  const as = stage.people.operator.session;
  const budget = await readBudget(client, as, agentId);
  const standing = await readStanding(client, as, agentId);
  const none = { authorized: 0, refused: 0, settled: 0, failed: 0 };
  return {
    agentId,
    type,
    ...(show.performances.get(agentId) ?? none),
    budget: decimalOfNano(nanoOfNumber(budget.total_budget)),
    spent: decimalOfNano(nanoOfNumber(budget.spent_budget)),
    debt: decimalOfNano(nanoOfNumber(budget.debt)),
    quarantined: standing.is_quarantined,
    onProbation: standing.probation !== null,
  };
}

/** Prints the table of the fleet, what became of the runaway and of the appeal, and the state of the log. */
export function printSummary({ agents, runaway, appeal, verification }: Summary): void {
  const head = [
    'agent',
    'type',
    'authorized',
    'refused',
    'settled',
    'failed',
    'budget usd',
    'spent',
    'debt',
    'standing',
  ];
  const table = compactTable(head, [0, 1, 9]);
  for (const a of agents) {
    const standing = a.quarantined ? 'quarantined' : a.onProbation ? 'on probation' : 'good';
    table.push([a.agentId, a.type, a.authorized, a.refused, a.settled, a.failed, a.budget, a.spent, a.debt, standing]);
  }
  terminal.out();
  terminal.out(table.toString());
  const { finding, turns, order, probation } = runaway;
  terminal.out(
    `runaway: ${runaway.agentId} was isolated ${turns[1]} calls after the policy ${finding.detector} was set (event ${finding.event_id}), ` +
      `the stop is ${order.status}, on probation until ${probation.until}`,
  );
  terminal.out(`appeal: ${sentenceOf(appeal)}`);
  const { valid, events_checked: checked, head: last, first_break: first } = verification;
  terminal.out(
    valid
      ? terminal.paint('green', `log: valid, ${checked} events, head ${last.id} ${last.hash}`)
      : terminal.paint('red', `log: BROKEN at event ${first?.event_id ?? '?'}: ${first?.reason ?? 'no reason given'}`),
  );
}

/** Prints where the server is, who may log in, and what to try next. */
export function printInvitation({ url, docs, users, agentKey, dataFolder }: Summary): void {
  const table = compactTable(['user', 'role', 'password'], [0, 1, 2]);
  table.push(...users.map(({ username, role, password }) => [username, role, password]));
  const json = "-H 'content-type: application/json'";
  const act = `{"action_type":"llm.call","cost":{"amount":0.02}}`;
  const arbiter = users.find((user) => user.role === 'arbiter');
  const login = JSON.stringify({ username: arbiter?.username, password: arbiter?.password });
  const release = `{"agent_id":"deep-researcher","reason":"budget looked at"}`;
  for (const line of [
    '',
    `Swagger UI: ${docs}`,
    table.toString(),
    `The key of ${agentKey.agentId}: ${agentKey.key}`,
    '',
    'Act as that agent, then let the arbiter look at the state and release the one in quarantine:',
    `  curl -sS ${url}/api/v1/actions ${json} -H 'authorization: Bearer ${agentKey.key}' -d '${act}'`,
    `  TOKEN=$(curl -sS ${url}/api/v1/auth/login ${json} -d '${login}' | node -p 'JSON.parse(fs.readFileSync(0)).access_token')`,
    `  curl -sS ${url}/api/v1/state -H "authorization: Bearer $TOKEN"`,
    `  curl -sS ${url}/api/v1/immune/release ${json} -H "authorization: Bearer $TOKEN" -d '${release}'`,
    '',
    `Everything is in ${dataFolder}. Ctrl-C stops the server.`,
  ]) {
    terminal.out(line);
  }
}
