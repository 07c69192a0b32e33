import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Gauge, Registry } from 'prom-client';
import { DataSource } from 'typeorm';

interface Standing {
  readonly head: number;
  readonly quarantined: number;
}

const STANDING = `
  select event_id as head,
         (select count(*)::int from quarantined_agents where released_at is null) as quarantined
  from log_head`;

/** What all replicas share, read from the database at each scrape. While the database is out, `echo_database_up 0` stands alone. */
@Injectable()
export class LogGauges {
  private readonly up: Gauge;
  private readonly head: Gauge;
  private readonly quarantined: Gauge;

  constructor(
    registry: Registry,
    @InjectDataSource() private readonly database: DataSource,
  ) {
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
    this.up = gauge('echo_database_up', '1 where the database answered this scrape, else 0');
    this.head = gauge('echo_log_head_event_id', 'Id of the last event of the log');
    this.quarantined = gauge('echo_quarantined_agents', 'Agents that are quarantined now');
  }

  /** Sets the gauges to what the database says now. */
  async refresh(): Promise<void> {
    const standing = await this.read();
    this.up.set(standing === null ? 0 : 1);
    if (standing === null) {
      this.head.remove();
      this.quarantined.remove();
    } else {
      this.head.set(standing.head);
      this.quarantined.set(standing.quarantined);
    }
  }

  private async read(): Promise<Standing | null> {
    try {
      const [row] = await this.database.query<Standing[]>(STANDING);
      return row ?? null;
    } catch {
      return null;
    }
  }
}
