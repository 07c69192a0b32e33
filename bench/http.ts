import autocannon from 'autocannon';
import type { Figure } from './measure.js';
import type { BenchAgent } from './stage.js';

/** The action of every request: some 400 bytes of JSON, an event of about 1 KB. */
export const ACTION = {
  action_type: 'email.send',
  payload: { to: 'customer-17', template: 'reminder', text: 'Your invoice is due in three days. '.repeat(6) },
  cost: { amount: 0.01 },
};

/** Actions of one batch. */
export const BATCH = 500;

/** One run against a URL with so many connections; each connection acts as one agent. */
export async function httpRun(
  url: string,
  connections: number,
  seconds: number,
  body: object,
  agents: readonly BenchAgent[],
): Promise<Figure> {
  let next = 0;
  const result = await autocannon({
    url,
    method: 'POST',
    connections,
    duration: seconds,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    setupClient: (client) => {
      const agent = agents[next++ % Math.max(1, agents.length)];
      if (agent) client.setHeaders({ 'content-type': 'application/json', authorization: `Bearer ${agent.key}` });
    },
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} errors`);
  return {
    per_second: Math.round(result['2xx'] / result.duration),
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
  };
}
