import pg from 'pg';

/** Begins a transaction that sees one moment; answers the name under which others see it too, for as long as this one lasts. */
export async function openSnapshot(client: pg.Client): Promise<string> {
  await client.query('begin isolation level repeatable read read only');
  const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
  await settle(client);
  return rows[0]?.id ?? '';
}

/** Begins a transaction that sees the moment of another one. */
export async function joinSnapshot(client: pg.Client, snapshot: string): Promise<void> {
  await client.query('begin isolation level repeatable read read only');
  await client.query(`set transaction snapshot ${pg.escapeLiteral(snapshot)}`);
  await settle(client);
}

/** Whoever audits on several connections is parallel already, and a range of hashes sorts in memory. */
async function settle(client: pg.Client): Promise<void> {
  await client.query(`set local max_parallel_workers_per_gather = 0; set local work_mem = '32MB'`);
}
