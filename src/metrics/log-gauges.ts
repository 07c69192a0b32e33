import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Gauge, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { Spine } from '../event-log/spine.js';

interface Standing {
  readonly head: number;
  readonly quarantined: number;
  readonly checkpoint: number;
  readonly findings: number;
  readonly audited: number;
  readonly audit_age: number;
  readonly judged: number;
  readonly lag: number;
  readonly sinks: readonly { readonly name: string; readonly size: number; readonly works: boolean }[];
}

const STANDING = `
  select event_id as head,
         (select count(*)::int from quarantined_agents where released_at is null) as quarantined,
         (select coalesce(max(size), 0) from checkpoints) as checkpoint,
         (select count(*)::int from audit_findings where cleared_at is null) as findings,
         (select coalesce(max(event_id), 0) from audit_runs) as audited,
         (select coalesce(extract(epoch from clock_timestamp() - max(finished_at)), -1)::float8 from audit_runs) as audit_age,
         (select coalesce(max(judged_event_id), 0) from immune_progress) as judged,
         coalesce((select extract(epoch from clock_timestamp() - e.occurred_at) from event_log e
                   where e.id = (select coalesce(max(judged_event_id), 0) + 1 from immune_progress)), 0)::float8 as lag,
         (select coalesce(json_agg(json_build_object('name', name, 'size', size, 'works', failing_since is null)), '[]')
          from checkpoint_sinks) as sinks
  from log_head`;

/** What all replicas share, read from the database at each scrape. While the database is out, `echo_database_up 0` stands alone. */
@Injectable()
export class LogGauges {
  private readonly up: Gauge;
  private readonly head: Gauge;
  private readonly quarantined: Gauge;
  private readonly checkpoint: Gauge;
  private readonly findings: Gauge;
  private readonly audited: Gauge;
  private readonly auditAge: Gauge;
  private readonly judged: Gauge;
  private readonly detectionLag: Gauge;
  private readonly sinkSize: Gauge<'sink'>;
  private readonly sinkUp: Gauge<'sink'>;
  private readonly halted: Gauge;

  constructor(
    registry: Registry,
    private readonly spine: Spine,
    @InjectDataSource() private readonly database: DataSource,
  ) {
    const registers = [registry];
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
    const perSink = (name: string, help: string) => new Gauge({ name, help, registers, labelNames: ['sink'] as const });
    this.up = gauge('echo_database_up', '1 where the database answered this scrape, else 0');
    this.head = gauge('echo_log_head_event_id', 'Id of the last event of the log');
    this.quarantined = gauge('echo_quarantined_agents', 'Agents that are quarantined now');
    this.checkpoint = gauge('echo_checkpoint_size', 'Events of the newest signed checkpoint');
    this.findings = gauge('echo_audit_findings', 'What a self-audit found not to hold and that still stands');
    this.audited = gauge('echo_audit_event_id', 'Last event that a self-audit looked at');
    this.auditAge = gauge('echo_audit_age_seconds', 'Time since the last self-audit; -1 before the first');
    this.judged = gauge('echo_detection_event_id', 'Last event that the detectors have judged, noted each second');
    this.detectionLag = gauge(
      'echo_detection_lag_seconds',
      'Age of the oldest event that the detectors have not judged; 0: none',
    );
    this.sinkSize = perSink('echo_checkpoint_sink_size', 'Events of the largest checkpoint that a sink has');
    this.sinkUp = perSink('echo_checkpoint_sink_up', '1 while a sink takes checkpoints, else 0');
    this.halted = gauge(
      'echo_halted',
      '1 where this process decides nothing any more, since the log lost what was signed',
    );
  }

  /** Sets the gauges to what the database says now. */
  async refresh(): Promise<void> {
    const standing = await this.read();
    this.up.set(standing === null ? 0 : 1);
    this.halted.set(this.spine.haltedBecause === null ? 0 : 1);
    for (const gauge of this.shared) gauge.remove();
    this.sinkSize.reset();
    this.sinkUp.reset();
    if (standing === null) return;
    this.head.set(standing.head);
    this.quarantined.set(standing.quarantined);
    this.checkpoint.set(standing.checkpoint);
    this.findings.set(standing.findings);
    this.audited.set(standing.audited);
    this.auditAge.set(standing.audit_age);
    this.judged.set(standing.judged);
    this.detectionLag.set(standing.lag);
    for (const { name, size, works } of standing.sinks) {
      this.sinkSize.set({ sink: name }, size);
      this.sinkUp.set({ sink: name }, works ? 1 : 0);
    }
  }

  private get shared(): Gauge[] {
    return [
      this.head,
      this.quarantined,
      this.checkpoint,
      this.findings,
      this.audited,
      this.auditAge,
      this.judged,
      this.detectionLag,
    ];
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
