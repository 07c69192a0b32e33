import supertest from 'supertest';
import { expectDocumented } from './openapi.js';

/** The first user of every test app. */
export const MAINTAINER = { username: 'maintainer', password: 'a maintainer of tests' };

/** Roles of the users that tests act as. */
export const ROLES = ['intent_architect', 'arbiter', 'operator', 'auditor', 'maintainer'] as const;
export type Role = (typeof ROLES)[number];

/** A registered agent and its key. */
export interface TestAgent {
  readonly id: string;
  readonly key: string;
}

/** The API as tests use it: real HTTP, with a token for each role. */
export class Api {
  private readonly tokens = new Map<Role, string>();

  constructor(readonly url: string) {}

  /** The same people at another server of the same substrate. */
  at(url: string): Api {
    const other = new Api(url);
    for (const [role, token] of this.tokens) other.tokens.set(role, token);
    return other;
  }

  /** A request with a bearer token or key; without one: nobody. */
  get(path: string, bearer?: string): supertest.Test {
    return this.signed(supertest(this.url).get(prefixed(path)), bearer);
  }

  post(path: string, bearer: string | undefined, body: object = {}): supertest.Test {
    return this.signed(supertest(this.url).post(prefixed(path)), bearer).send(body);
  }

  put(path: string, bearer: string | undefined, body: object): supertest.Test {
    return this.signed(supertest(this.url).put(prefixed(path)), bearer).send(body);
  }

  patch(path: string, bearer: string | undefined, body: object): supertest.Test {
    return this.signed(supertest(this.url).patch(prefixed(path)), bearer).send(body);
  }

  delete(path: string, bearer: string | undefined): supertest.Test {
    return this.signed(supertest(this.url).delete(prefixed(path)), bearer);
  }

  /** The access token of a user with this one role, made when first asked for. */
  async as(role: Role): Promise<string> {
    const known = this.tokens.get(role);
    if (known) return known;
    const token = role === 'maintainer' ? await this.login(MAINTAINER) : await this.createUser(`the-${role}`, [role]);
    this.tokens.set(role, token);
    return token;
  }

  async login(credentials: { username: string; password: string }): Promise<string> {
    const answer = await this.post('/auth/login', undefined, credentials).expect(200);
    return (answer.body as { access_token: string }).access_token;
  }

  /** Makes and activates a user; answers its access token. */
  async createUser(username: string, roles: readonly string[]): Promise<string> {
    const made = await this.post('/users', await this.as('maintainer'), { username, roles }).expect(201);
    const { activation_token } = made.body as { activation_token: string };
    const activated = await this.post('/auth/activate', undefined, {
      activation_token,
      password: `the password of ${username}`,
    }).expect(200);
    return (activated.body as { access_token: string }).access_token;
  }

  /** Registers an agent, with a budget where one is given. */
  async registerAgent(
    id: string,
    options: { budget?: number; type?: string; capabilities?: string[]; parent?: string } = {},
  ): Promise<TestAgent> {
    const { budget, type = 'task', capabilities, parent } = options;
    const operator = await this.as('operator');
    const made = await this.post('/agents', operator, {
      agent_id: id,
      type,
      ...(capabilities ? { capabilities } : {}),
      ...(parent === undefined ? {} : { parent_id: parent }),
    }).expect(201);
    if (budget !== undefined)
      await this.post('/metabolism/allocate', operator, { agent_id: id, total_budget: budget }).expect(200);
    return { id, key: (made.body as { api_key: string }).api_key };
  }

  /** Each answer is compared with the OpenAPI document. */
  private signed(request: supertest.Test, bearer: string | undefined): supertest.Test {
    const { method, url } = request;
    const checked = request.expect((answer) => expectDocumented(method, url, answer));
    return bearer === undefined ? checked : checked.set('Authorization', `Bearer ${bearer}`);
  }
}

/** Paths are given below `/api/v1`, but for those outside of it. */
function prefixed(path: string): string {
  return /^\/(health|docs|metrics|tlog|\.well-known)/.test(path) ? path : `/api/v1${path}`;
}
