import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { VARIABLES } from '../../platform/config/config.schema.js';
import { loadConfig } from '../../platform/config/load-config.js';
import { environmentFile } from './environment-file.js';

const TEMPLATE = readFileSync('.env.example', 'utf8');

/** Variables of docker-compose.yml alone. */
const OF_COMPOSE = ['POSTGRES_PASSWORD', 'SITE_ADDRESS'];

describe('.env.example', () => {
  it('has a line for every variable that is read, and no other', () => {
    const named = [...TEMPLATE.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name ?? '');
    expect(named.toSorted()).toEqual([...Object.keys(VARIABLES), ...OF_COMPOSE].toSorted());
  });

  it('leaves no variable of docker-compose.yml out', () => {
    const compose = readFileSync('docker-compose.yml', 'utf8');
    const used = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set([...OF_COMPOSE, 'API_PORT']));
  });
});

describe('the file that init-env writes', () => {
  const choices = { host: 'substrate.example.com', databaseUrl: null };
  const values = parseEnv(environmentFile(TEMPLATE, choices));

  it('is a configuration that production takes', async () => {
    expect(await loadConfig(values)).toMatchObject({
      environment: 'production',
      logOrigin: 'substrate.example.com/log',
      apiHost: '0.0.0.0',
    });
    expect(values).toMatchObject({ SITE_ADDRESS: 'substrate.example.com', API_PORT: '8000' });
  });

  it('takes the password of compose’s own database, or a database of yours', () => {
    expect(new URL(values['DATABASE_URL'] ?? '').password).toBe(values['POSTGRES_PASSWORD']);
    const url = 'postgresql://a:$&b@db.example:5432/c';
    expect(environmentFile(TEMPLATE, { ...choices, databaseUrl: url })).toContain(`\nDATABASE_URL=${url}\n`);
  });

  it('has secrets of its own, each another, without quotes and signs that a shell or compose would expand', () => {
    const secrets = ['POSTGRES_PASSWORD', 'SECRET_KEY', 'LOG_SIGNING_KEY', 'METRICS_TOKEN', 'BOOTSTRAP_PASSWORD'];
    const other = parseEnv(environmentFile(TEMPLATE, choices));
    const all = [values, other].flatMap((file) => secrets.map((name) => file[name]));
    expect(new Set(all).size).toBe(2 * secrets.length);
    for (const secret of all) expect(secret).toMatch(/^[^'"$`#]{43,}$/);
  });

  it('keeps every explanation', () => {
    const comments = (text: string) => text.split('\n').filter((line) => line.startsWith('# '));
    expect(comments(environmentFile(TEMPLATE, choices))).toEqual(comments(TEMPLATE));
    expect(() => environmentFile('NODE_ENV=x', choices)).toThrow('DATABASE_URL');
  });
});
