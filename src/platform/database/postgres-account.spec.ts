import { afterEach, describe, expect, it } from '@jest/globals';
import { commandAs } from './postgres-account.js';

const words = ['/bin/postgres', '-D', 'folder'];
const ids = { uid: 101, gid: 104 };

afterEach(() => {
  delete process.env['SECRET_OF_TEST'];
});

describe('a command of PostgreSQL', () => {
  it('runs as ourselves where we are no root', () => {
    const command = commandAs({ prefix: [], ids: null }, words);
    expect(command).toMatchObject({ program: '/bin/postgres', args: ['-D', 'folder'] });
    expect(command.options).not.toHaveProperty('uid');
  });

  it('runs as the user, whom a program before it makes if there is one', () => {
    expect(commandAs({ prefix: [], ids }, words).options).toMatchObject(ids);
    const prefixed = commandAs({ prefix: ['setpriv', '--'], ids }, words);
    expect(prefixed).toMatchObject({ program: 'setpriv', args: ['--', ...words] });
    expect(prefixed.options).not.toHaveProperty('uid');
  });

  it('gets of the environment what it needs, and nothing secret', () => {
    process.env['SECRET_OF_TEST'] = 'do-not-tell';
    const { env } = commandAs({ prefix: [], ids }, words, { PG_GRANDPARENT_PID: '17' }).options;
    expect(env).toMatchObject({ PATH: process.env['PATH'], LC_ALL: 'C', PG_GRANDPARENT_PID: '17' });
    expect(env).not.toHaveProperty('SECRET_OF_TEST');
  });
});
