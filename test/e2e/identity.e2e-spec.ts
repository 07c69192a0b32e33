import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { createClient } from '../../src/platform/database/client.js';
import { MAINTAINER } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { walkLog } from '../support/log-check.js';

let app: TestApp;
let maintainer: string;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  maintainer = await app.api.as('maintainer');
});

afterAll(() => app.close());

interface Login {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly roles: string[];
}

interface Person {
  readonly id: string;
  readonly username: string;
  readonly password: string;
}

/** A new activated user and its first login. */
async function newUser(roles: string[]): Promise<Person & Login> {
  made += 1;
  const [username, password] = [`person-${made}`, `the long words of person ${made}`];
  const invited = await app.api.post('/users', maintainer, { username, roles }).expect(201);
  const { id, activation_token } = invited.body as { id: string; activation_token: string };
  const activated = await app.api.post('/auth/activate', undefined, { activation_token, password }).expect(200);
  return { id, username, password, ...(activated.body as Login) };
}

/** Lets time pass in the database's rows. */
async function sql(databaseUrl: string, text: string, values: readonly string[] = []): Promise<void> {
  const client = createClient(databaseUrl, 'migration');
  await client.connect();
  try {
    await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}

const login = (username: string, password: string) => app.api.post('/auth/login', undefined, { username, password });
const refresh = (refresh_token: string) => app.api.post('/auth/refresh', undefined, { refresh_token });

describe('a login', () => {
  it('answers tokens that say who, and no roles: those are read at each request', async () => {
    const answer = await login(MAINTAINER.username.toUpperCase(), MAINTAINER.password).expect(200);
    expect(answer.body).toMatchObject({ token_type: 'bearer', expires_in: 900, roles: ['maintainer'] });
    const [header, claims] = (answer.body as Login).access_token
      .split('.')
      .map(
        (part) =>
          JSON.parse(
            Buffer.from(part, 'base64url').toString('latin1').startsWith('{')
              ? Buffer.from(part, 'base64url').toString()
              : '{}',
          ) as Record<string, unknown>,
      );
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(Object.keys(claims ?? {}).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'sub']);
  });

  it('is refused in the same words for every reason', async () => {
    const person = await newUser(['operator']);
    const invited = await app.api.post('/users', maintainer, { username: 'not-yet', roles: ['operator'] }).expect(201);
    expect(invited.body).toMatchObject({ activated_at: null });
    const gone = await newUser(['operator']);
    await app.api.patch(`/users/${gone.id}`, maintainer, { disabled: true }).expect(200);
    const answers = await Promise.all([
      login(person.username, 'not the password of it'),
      login('nobody-of-that-name', 'whatever it may be!'),
      login('not-yet', 'whatever it may be!'),
      login(gone.username, gone.password),
    ]);
    const bodies = answers.map((a) => ({ status: a.status, ...(a.body as object), request_id: '' }));
    expect(new Set(bodies.map((b) => JSON.stringify(b))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ status: 401, code: 'IDENTITY.LOGIN_REFUSED' });
  });

  it('is stopped after ten failures of one account, however many come at once, and only failures count', async () => {
    const person = await newUser(['operator']);
    for (let i = 0; i < 12; i += 1) await login(person.username, person.password).expect(200);
    const tries = await Promise.all(Array.from({ length: 14 }, () => login(person.username, 'not the password of it')));
    expect(tries.filter((t) => t.status === 401).length).toBeLessThanOrEqual(10);
    const stopped = await login(person.username, person.password);
    expect(stopped.status).toBe(429);
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    await login(MAINTAINER.username, MAINTAINER.password).expect(200);
  });
});

describe('an access token', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each([
    ['of another algorithm', { alg: 'none', typ: 'at+jwt' }],
    ['of another type', { alg: 'HS256', typ: 'JWT' }],
    ['with another key', { alg: 'HS256', typ: 'at+jwt' }],
  ])('%s is refused', async (_, header) => {
    const claims = {
      sub: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
      iss: 'echo-substrate',
      aud: 'echo-substrate-api',
      exp: Date.now(),
    };
    const text = `${part(header)}.${part(claims)}`;
    const signature = createHmac('sha256', 'guess').update(text).digest('base64url');
    for (const token of [`${text}.${signature}`, `${text}.`, text]) await app.api.get('/users/me', token).expect(401);
  });
});

describe('a refresh token', () => {
  it('is exchanged, gives the same successor when the answer was lost, and ends its family when it comes back late', async () => {
    const person = await newUser(['operator']);
    const [one, two] = await Promise.all([
      refresh(person.refresh_token).expect(200),
      refresh(person.refresh_token).expect(200),
    ]);
    const successor = (one.body as Login).refresh_token;
    expect((two.body as Login).refresh_token).toBe(successor);
    expect(successor).not.toBe(person.refresh_token);

    const late = `update sessions set rotated_at = rotated_at - interval '11 s' where user_id = $1`;
    await sql(app.databaseUrl, late, [person.id]);
    await refresh(person.refresh_token).expect(401);
    await refresh(successor).expect(401);
  });

  it('ends with its session, a reset, a new password or the user', async () => {
    const person = await newUser(['operator']);
    const other = (await login(person.username, person.password).expect(200)).body as Login;
    await app.api.post('/auth/logout', person.access_token, { refresh_token: person.refresh_token }).expect(200);
    await refresh(person.refresh_token).expect(401);
    const next = (await refresh(other.refresh_token).expect(200)).body as Login;
    const change = { current_password: person.password, new_password: 'something else entirely, and long' };
    await app.api.post('/users/me/password', next.access_token, change).expect(200);
    await refresh(next.refresh_token).expect(401);
    const again = (await login(person.username, change.new_password).expect(200)).body as Login;
    await app.api.post(`/users/${person.id}/reset`, maintainer).expect(200);
    await refresh(again.refresh_token).expect(401);
    await login(person.username, change.new_password).expect(401);
  });

  it('of a login that is on its way while the password changes does not outlive it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const person = await newUser(['operator']);
      const change = { current_password: person.password, new_password: 'something else entirely, and long' };
      const changed = app.api.post('/users/me/password', person.access_token, change).expect(200);
      const [logins] = await Promise.all([
        Promise.all(Array.from({ length: 8 }, () => login(person.username, person.password))),
        changed,
      ]);
      for (const { status, body } of logins) {
        if (status === 200) await refresh((body as Login).refresh_token).expect(401);
      }
    }
  });

  it('that is exchanged while its session is ended leaves no successor', async () => {
    const person = await newUser(['operator']);
    for (let round = 0; round < 20; round += 1) {
      const own = (await login(person.username, person.password).expect(200)).body as Login;
      const { refresh_token } = own;
      const [exchanged] = await Promise.all([
        refresh(refresh_token),
        app.api.post('/auth/logout', own.access_token, round % 2 === 0 ? { refresh_token } : {}).expect(200),
      ]);
      if (exchanged.status === 200) await refresh((exchanged.body as Login).refresh_token).expect(401);
    }
  });

  it('is a text, or absent', async () => {
    const person = await newUser(['operator']);
    for (const refresh_token of [null, 7, '', ['x']]) {
      const answer = await app.api.post('/auth/logout', person.access_token, { refresh_token }).expect(400);
      expect(answer.body).toMatchObject({ errors: [{ pointer: '/refresh_token' }] });
    }
    await refresh(person.refresh_token).expect(200);
  });
});

describe('failed logins', () => {
  let behindProxy: TestApp;

  beforeAll(async () => {
    behindProxy = await startTestApp({ TRUSTED_PROXIES: 'loopback' });
  });

  afterAll(() => behindProxy.close());

  const from = (address: string, username: string, password = 'not the password of it') =>
    behindProxy.api.post('/auth/login', undefined, { username, password }).set('X-Forwarded-For', address);

  it.each([
    ['203.0.113.7', () => '203.0.113.7', '203.0.113.8'],
    ['a network of IPv6', (i: number) => `2001:db8::${i.toString(16)}`, '2001:db8:0:1::1'],
  ])('from %s are stopped after a hundred, and then lock nobody else out', async (_, address, elsewhere) => {
    const { username, password } = MAINTAINER;
    for (let i = 0; i < 100; i += 1) await from(address(i), `nobody-${i}`).expect(401);
    for (let i = 100; i < 111; i += 1) await from(address(i), username).expect(429);
    await from(elsewhere, username, password).expect(200);
  });

  it('are over with their quarter of an hour', async () => {
    const { username, password } = MAINTAINER;
    await from('203.0.113.7', username, password).expect(429);
    await sql(behindProxy.databaseUrl, `update throttles set window_ends_at = now() - interval '1 s'`);
    await from('203.0.113.7', username, password).expect(200);
  });
});

describe('a user', () => {
  it('is made with a token that is shown once, also to a retry, and sets a password nobody else knows', async () => {
    const make = () =>
      app.api.post('/users', maintainer, { username: 'ada', roles: ['operator'] }).set('Idempotency-Key', 'make-ada');
    const first = await make().expect(201);
    const token = (first.body as { activation_token: string }).activation_token;
    const again = await make().expect(201);
    expect(again.body).toEqual({ ...(first.body as object), activation_token: null });
    const weak = await app.api
      .post('/auth/activate', undefined, { activation_token: token, password: 'passwordpassword' })
      .expect(400);
    expect(weak.body).toMatchObject({ errors: [{ pointer: '/password' }] });
    const activated = await app.api
      .post('/auth/activate', undefined, { activation_token: token, password: 'ada has long words too' })
      .expect(200);
    expect(activated.body).toMatchObject({ roles: ['operator'], event: { id: expect.any(Number) } });
    await app.api
      .post('/auth/activate', undefined, { activation_token: token, password: 'ada has long words too' })
      .expect(401);
    await app.api.post('/users', maintainer, { username: 'ADA', roles: ['operator'] }).expect(409);
  });

  it('does not change its own roles, nor does the last maintainer leave', async () => {
    const me = (await app.api.get('/users/me', maintainer).expect(200)).body as { id: string };
    const own = await app.api.patch(`/users/${me.id}`, maintainer, { roles: ['maintainer', 'arbiter'] }).expect(403);
    expect(own.body).toMatchObject({ code: 'IDENTITY.OWN_ROLES' });
    const last = await app.api.patch(`/users/${me.id}`, maintainer, { disabled: true }).expect(409);
    expect(last.body).toMatchObject({ code: 'IDENTITY.LAST_MAINTAINER' });
    await app.api.post(`/users/${me.id}/reset`, maintainer).expect(409);
  });

  it.each([[['auditor', 'operator']], [['owner']], [[]], [['operator', 'operator']], ['operator']])(
    'cannot have the roles %j',
    async (roles) => {
      const answer = await app.api.post('/users', maintainer, { username: 'somebody', roles }).expect(400);
      expect(answer.body).toMatchObject({ errors: [{ pointer: '/roles' }] });
    },
  );

  it('proves its current password before it changes it, and each wrong try is in the log', async () => {
    const person = await newUser(['operator']);
    const wrong = { current_password: 'not the password of it', new_password: 'something else entirely, and long' };
    const answer = await app.api.post('/users/me/password', person.access_token, wrong).expect(403);
    expect(answer.body).toMatchObject({ code: 'IDENTITY.WRONG_PASSWORD', event: { id: expect.any(Number) } });
  });

  it('has ten wrong tries at it, of which nobody else notices', async () => {
    const person = await newUser(['operator']);
    const change = { current_password: 'not the password of it', new_password: 'something else entirely, and long' };
    const tries = await Promise.all(
      Array.from({ length: 12 }, () => app.api.post('/users/me/password', person.access_token, change)),
    );
    expect(tries.filter((t) => t.status === 403).length).toBeLessThanOrEqual(10);
    const stopped = await app.api
      .post('/users/me/password', person.access_token, { ...change, current_password: person.password })
      .expect(429);
    expect(stopped.body).toMatchObject({ code: 'IDENTITY.THROTTLED' });
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    await login(person.username, person.password).expect(200);
  });

  it('is not activated by a token whose day is over, nor by one that a reset replaced', async () => {
    const invite = async (path: string, body: object, status: number) =>
      (await app.api.post(path, maintainer, body).expect(status)).body as { id: string; activation_token: string };
    const first = await invite('/users', { username: 'late', roles: ['operator'] }, 201);
    const second = await invite(`/users/${first.id}/reset`, {}, 200);
    const activate = ({ activation_token }: { activation_token: string }) =>
      app.api.post('/auth/activate', undefined, { activation_token, password: 'the long words of the late' });
    await activate(first).expect(401);
    const tomorrow = `update user_credentials set activation_expires_at = activation_expires_at - interval '24 h' where user_id = $1`;
    await sql(app.databaseUrl, tomorrow, [first.id]);
    const answer = await activate(second).expect(401);
    expect(answer.body).not.toHaveProperty('event');
  });

  it.each([{ disabled: null }, { disabled: 'true' }, { roles: null }, { username: 'other' }])(
    'is not changed by %j',
    async (change) => {
      const me = (await app.api.get('/users/me', maintainer).expect(200)).body as { id: string };
      const answer = await app.api.patch(`/users/${me.id}`, maintainer, change).expect(400);
      expect(answer.body).toMatchObject({ errors: [{ pointer: `/${Object.keys(change)[0]}` }] });
    },
  );
});

describe('secrets', () => {
  it('are nowhere in the log of events, nor in the lines of the server', async () => {
    const agent = await app.api.registerAgent('keeper', { budget: 1 });
    const person = await newUser(['operator']);
    const secrets = [agent.key, person.password, person.access_token, person.refresh_token, MAINTAINER.password];
    const { bodies } = await walkLog(app.databaseUrl);
    const everything = `${JSON.stringify(bodies)}${app.output()}`;
    for (const secret of secrets) expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/argon2id|password_hash|key_hash/);
  });
});
