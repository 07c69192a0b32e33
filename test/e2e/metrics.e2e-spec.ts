import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/test-app.js';

const TOKEN = 'a-token-for-prometheus';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ METRICS_TOKEN: TOKEN });
});

afterAll(() => app.close());

const scrape = (token?: string) => app.api.get('/metrics', token);

/** The samples of a scrape by name and labels, as written. */
async function samples(): Promise<Map<string, number>> {
  const { text } = await scrape(TOKEN).expect(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('the metrics', () => {
  it('are for whoever has the token', async () => {
    for (const token of [undefined, 'wrong', `${TOKEN}x`, await app.api.as('maintainer')]) {
      expect((await scrape(token).expect(401)).body).toMatchObject({ code: 'METRICS.UNAUTHORIZED' });
    }
    const answer = await scrape(TOKEN).expect(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('count commands, denials and quarantines as the log has them, and name no agent', async () => {
    const { api } = app;
    const agent = await api.registerAgent('frugal-agent', { budget: 1, capabilities: ['x'] });
    const arbiter = await api.as('arbiter');
    const act = (action_type: string, amount: number) =>
      api.post('/actions', agent.key, { action_type, cost: { amount } });
    const before = await samples();
    const added = async (name: string) => ((await samples()).get(name) ?? 0) - (before.get(name) ?? 0);
    await act('x', 0.5).expect(201);
    await act('x', 2).expect(402);
    await act('x', 3).expect(402);
    await act('y', 0.1).expect(403);
    await api.post('/immune/quarantine', arbiter, { agent_id: agent.id, reason: 'a test' }).expect(200);

    expect(await added('echo_commands_total{type="actions.authorize",outcome="succeeded"}')).toBe(1);
    expect(await added('echo_commands_total{type="actions.authorize",outcome="denied"}')).toBe(3);
    expect(await added('echo_denials_total{type="actions.authorize",code="METABOLISM.BUDGET_EXCEEDED"}')).toBe(2);
    expect(await added('echo_denials_total{type="actions.authorize",code="AGENTS.NOT_CAPABLE"}')).toBe(1);
    expect(await added('echo_commands_total{type="immune.quarantine",outcome="succeeded"}')).toBe(1);
    expect(await added('echo_quarantined_agents')).toBe(1);
    expect(await added('echo_batch_commands_sum')).toBe(5);
    expect(await added('echo_commit_seconds_count')).toBe(await added('echo_batch_commands_count'));
    expect(await added('http_request_duration_seconds_count{method="POST",route="/api/v1/actions",status="402"}')).toBe(
      2,
    );

    const { body } = await api.get('/health').expect(200);
    const now = await samples();
    expect(now.get('echo_log_head_event_id')).toBe((body as { log: { last_event_id: number } }).log.last_event_id);
    expect(now.get('echo_queue_commands')).toBe(0);
    expect(now.get('echo_database_up')).toBe(1);
    expect([...now.keys()].join()).not.toContain('frugal');
  });

  it('group unknown paths under one name', async () => {
    for (let i = 0; i < 5; i += 1) await fetch(`${app.url}/nowhere/${i}`);
    const names = [...(await samples()).keys()].filter((name) => name.includes('_count{') && name.includes('404'));
    expect(names).toEqual(['http_request_duration_seconds_count{method="GET",route="none",status="404"}']);
  });
});
