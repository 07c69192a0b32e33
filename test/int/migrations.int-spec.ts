import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { ENTITIES } from '../../src/data-source.js';
import { createClient } from '../../src/platform/database/client.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Whether holds have leases. */
const LEASED = `select from information_schema.columns where table_name = 'holds' and column_name = 'lease_seconds'`;

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
});

afterEach(() => database.drop());

describe('the migrations', () => {
  it('run on an empty database, and then have nothing to do', async () => {
    expect((await migrate(database.url)).done).toHaveLength(MIGRATIONS.length);
    expect(await migrate(database.url)).toEqual({ done: [], withoutRoles: null });
  });

  it('run once when ten replicas start at the same moment', async () => {
    const runs = await Promise.all(Array.from({ length: 10 }, () => migrate(database.url)));
    expect(runs.flatMap(({ done }) => done)).toHaveLength(MIGRATIONS.length);
  });

  it('can be undone to nothing and run again', async () => {
    await migrate(database.url);
    const source = await new DataSource({
      type: 'postgres',
      url: database.url,
      migrations: MIGRATIONS,
      migrationsTableName: 'schema_migrations',
    }).initialize();
    for (const _ of MIGRATIONS) await source.undoLastMigration();
    const left = await source.query<{ relname: string }[]>(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
    );
    await source.destroy();
    expect(left.map((row) => row.relname)).toEqual(['schema_migrations']);
    expect((await migrate(database.url)).done).toHaveLength(MIGRATIONS.length);
  });

  it('refuse holds of a log that knew no leases', async () => {
    await migrate(database.url);
    const source = await new DataSource({
      type: 'postgres',
      url: database.url,
      migrations: MIGRATIONS,
      migrationsTableName: 'schema_migrations',
    }).initialize();
    while (await source.query<unknown[]>(LEASED).then((rows) => rows.length > 0)) await source.undoLastMigration();
    await source.query(
      `insert into holds (action_id, agent_id, action_type, amounts, scopes, status, authorized_at, expires_at, event_id)
       values (gen_random_uuid(), 'a', 'x', '[]', '{a}', 'authorized', now(), now(), 1)`,
    );
    await source.destroy();
    await expect(migrate(database.url)).rejects.toThrow('holds has rows of a log that was written before 4.0.0');
  });

  it('make the columns that the entities describe', async () => {
    await migrate(database.url);
    const source = await new DataSource({ type: 'postgres', url: database.url, entities: ENTITIES }).initialize();
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    await source.destroy();
    // Indexes and names of constraints are the migrations' own; tables, columns, types and keys are the entities'.
    const drift = upQueries.map((q) => q.query).filter((sql) => !/^(CREATE|DROP) (UNIQUE )?INDEX|CONSTRAINT/.test(sql));
    expect(drift).toEqual([]);
  });
});

describe('the database itself', () => {
  it.each([
    ['update event_log set type = type', 'event_log'],
    ['delete from event_log', 'event_log'],
    ['truncate event_log', 'event_log'],
    ['update cost_ledger set unit = unit', 'cost_ledger'],
    ['delete from cost_ledger', 'cost_ledger'],
    ['truncate cost_ledger', 'cost_ledger'],
    [`update prices set card = '{}'`, 'prices'],
    ['truncate prices', 'prices'],
    [`update observations set severity = 'info'`, 'observations'],
    ['delete from observations', 'observations'],
    ['truncate observations', 'observations'],
  ])('refuses %s', async (sql, table) => {
    await migrate(database.url);
    const client = createClient(database.url, 'migration');
    await client.connect();
    try {
      await client.query(`insert into event_log values (1, null, '', '{}', 't', 'succeeded', 'a', null, now(), 'r')`);
      await client.query(
        `insert into cost_ledger values (gen_random_uuid(), 1, 'a', null, 't', 1, 'usd', now(), now(), false, '{a}')`,
      );
      await client.query(`insert into prices values (gen_random_uuid(), 'a/b', now(), '{}', now(), 1)`);
      await client.query(`insert into observations values (gen_random_uuid(), 'a', 't', 'info', now(), '{}', 1)`);
      await expect(client.query(sql)).rejects.toThrow(`rows of ${table} are never changed or removed`);
      await expect(
        client.query(`insert into event_log values (3, 1, '', '{}', 't', 'succeeded', 'a', null, now(), 'r')`),
      ).rejects.toThrow('event_log_follows');
    } finally {
      await client.end();
    }
  });
});
