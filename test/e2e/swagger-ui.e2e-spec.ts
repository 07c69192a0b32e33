import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { installedChromium } from '../support/chromium.mjs';
import { startTestApp, type TestApp } from '../support/test-app.js';

const BROWSER = installedChromium();
/** Quiet and alone: no service of the browser's maker is asked for anything. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Longest wait for one thing on the page, in ms: a browser's first start on a busy machine takes its time. */
const WAIT_MS = 30_000;

const OPERATOR = { username: 'olga', password: 'the password of olga' };

let app: TestApp;
let browser: Browser;
let page: Page;
/** Every address that the page asked for. */
const asked: string[] = [];
/** What the page complained about. */
const complaints: string[] = [];

beforeAll(async () => {
  if (BROWSER === null) return;
  app = await startTestApp();
  await app.api.createUser(OPERATOR.username, ['operator']);
  browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
  page = await browser.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  if (BROWSER === null) return;
  await browser.close();
  await app.close();
});

interface Shown {
  readonly status: string;
  readonly body: Record<string, unknown>;
}

/** The block of an operation, opened. */
async function operation(tag: string, method: string, path: string): Promise<Locator> {
  const section = page.locator('.opblock-tag-section', { has: page.locator(`#operations-tag-${tag}`) });
  if ((await section.getAttribute('class'))?.includes('is-open') !== true) await section.locator('h3').click();
  const block = section.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) });
  await block.locator('.opblock-summary').click();
  return block;
}

/** Tries an operation out with a body, as a person does, and reads what is shown. */
async function tryOut(tag: string, path: string, body: object): Promise<Shown> {
  const block = await operation(tag, 'post', path);
  // Tried out once, it stays so.
  const toggle = block.locator('.try-out__btn').first();
  if ((await toggle.innerText()).startsWith('Try')) await toggle.click();
  await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
  const clear = block.getByRole('button', { name: 'Clear' });
  if ((await clear.count()) > 0) await clear.click();
  await block.getByRole('button', { name: 'Execute' }).click();
  const live = block.locator('.live-responses-table tbody .response').first();
  const status = await live.locator('.response-col_status').innerText();
  const text = await live.locator('.highlight-code code').first().innerText();
  await block.locator('.opblock-summary').click();
  return { status: status.trim().split(/\s/)[0] ?? '', body: JSON.parse(text) as Record<string, unknown> };
}

async function authorize(scheme: string, token: string): Promise<void> {
  await page.locator('.scheme-container').getByRole('button', { name: 'Authorize' }).click();
  const dialog = page.locator('.dialog-ux');
  const container = dialog.locator('.auth-container', { has: page.locator('h4', { hasText: scheme }) });
  await container.locator('input').fill(token);
  await container.getByRole('button', { name: 'Apply credentials' }).click();
  await dialog.getByRole('button', { name: 'Close' }).first().click();
}

(BROWSER === null ? describe.skip : describe)('an operator in Swagger UI', () => {
  it('logs in, authorizes, allocates a budget, registers an agent, and sees 201 and the event', async () => {
    await page.goto(`${app.url}/docs`);
    await page.locator('.opblock-tag-section').first().waitFor();

    const refused = await tryOut('Agents', '/api/v1/agents', { agent_id: 'from-the-browser', type: 'task' });
    expect(refused).toMatchObject({ status: '401', body: { code: 'ACCESS.UNAUTHENTICATED' } });

    const login = await tryOut('Identity', '/api/v1/auth/login', OPERATOR);
    expect(login).toMatchObject({ status: '200', body: { roles: ['operator'] } });
    await authorize('user', String(login.body['access_token']));

    const budget = { agent_id: 'from-the-browser', total_budget: 12.5 };
    const allocated = await tryOut('Metabolism', '/api/v1/metabolism/allocate', budget);
    expect(allocated).toMatchObject({ status: '200', body: { success: true, allocated_budget: 12.5 } });

    const registered = await tryOut('Agents', '/api/v1/agents', { agent_id: 'from-the-browser', type: 'task' });
    expect(registered).toMatchObject({ status: '201', body: { agent_id: 'from-the-browser' } });

    const { id, hash } = registered.body['event'] as { id: number; hash: string };
    const event = await app.api.get(`/audit/events/${id}`, await app.api.as('auditor')).expect(200);
    expect(event.body).toMatchObject({ id, hash, type: 'agents.register', outcome: 'succeeded' });
  });

  it('needs no other host', () => {
    const hosts = asked
      .filter((url) => !url.startsWith('data:') && !url.startsWith('blob:'))
      .map((url) => new URL(url).origin);
    expect(hosts.length).toBeGreaterThan(5);
    expect([...new Set(hosts)]).toEqual([app.url]);
  });

  it('breaks no rule of the page’s own security policy', () => {
    expect(complaints.filter((text) => !text.includes('401 (Unauthorized)'))).toEqual([]);
  });
});
