import type pg from 'pg';
import { createClient } from '../../src/platform/database/client.js';
import { openSpine, type TestSpine } from './test-spine.js';

/** A spine on a database whose clock a test sets. */
export interface ClockedSpine extends TestSpine {
  readonly client: pg.Client;
  setClock(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a spine for which it is the moment that the test says; the rest of the database keeps its own clock. */
export async function openClockedSpine(url: string, beginning: number): Promise<ClockedSpine> {
  const client = createClient(url, 'migration');
  await client.connect();
  // Whoever looks in this schema first sees the clock that the test sets.
  await client.query('create schema fake');
  await client.query('create table fake.clock (now timestamptz not null)');
  await client.query(`insert into fake.clock values (to_timestamp(${beginning / 1_000}))`);
  await client.query(
    `create function fake.clock_timestamp() returns timestamptz language sql volatile as 'select now from fake.clock'`,
  );
  const path = encodeURIComponent('-c search_path=fake,pg_catalog,public -c timezone=UTC -c datestyle=ISO');
  const open = openSpine(`${url}${url.includes('?') ? '&' : '?'}options=${path}`);
  return {
    ...open,
    client,
    setClock: async (ms) => void (await client.query('update fake.clock set now = to_timestamp($1)', [ms / 1_000])),
    close: async () => {
      await open.spine.close();
      await client.end();
    },
  };
}
