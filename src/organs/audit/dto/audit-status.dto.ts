import { ApiProperty } from '@nestjs/swagger';

class StatusHeadDto {
  @ApiProperty({ example: 1042 })
  id!: number;

  @ApiProperty({ type: String, nullable: true })
  hash!: string | null;
}

class StatusCheckpointDto {
  @ApiProperty({ example: 1042, description: 'events that it covers' })
  size!: number;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  signed_at!: string;

  @ApiProperty({ type: [String], description: 'witnesses that cosigned it' })
  cosigned_by!: string[];
}

class StatusSinkDto {
  @ApiProperty({ example: 'witness:witness.example.org/w1' })
  name!: string;

  @ApiProperty({ enum: ['file', 'witness'] })
  kind!: string;

  @ApiProperty({ example: 1042, description: 'events of the largest checkpoint that it has' })
  size!: number;

  @ApiProperty({ type: String, nullable: true })
  published_at!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  failing_since!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'how it fails' })
  failure!: string | null;
}

class StatusRunDto {
  @ApiProperty({ enum: ['incremental', 'full'] })
  kind!: string;

  @ApiProperty({ example: 1042, description: 'last event up to which everything held' })
  event_id!: number;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  finished_at!: string;

  @ApiProperty({ example: 21 })
  duration_ms!: number;

  @ApiProperty({ example: 0 })
  findings!: number;
}

/** Something that a self-audit found not to hold. */
export class FindingDto {
  @ApiProperty({ example: 'a3f1…', description: 'SHA-256 of kind and place' })
  id!: string;

  @ApiProperty({ example: 'row_changed', description: 'as the verifier names it' })
  kind!: string;

  @ApiProperty({ example: 'accounts agent:invoice-bot' })
  place!: string;

  @ApiProperty({ example: 'it is not what event 17 wrote' })
  reason!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  found_at!: string;

  @ApiProperty({ example: 18 })
  event_id!: number;

  @ApiProperty({ type: String, nullable: true, description: 'when a whole audit no longer found it' })
  cleared_at!: string | null;

  @ApiProperty({ type: Number, nullable: true })
  cleared_event_id!: number | null;
}

/** A key of the log, and the event from which on it signs. */
export class LogKeyDto {
  @ApiProperty({ example: 'substrate.example.com/log+5f3e1a2b+AeG3Diea…' })
  vkey!: string;

  @ApiProperty({ example: 1 })
  event_id!: number;
}

/** What `GET /audit/keys` answers: every key that the log ever had, in order; the last one signs now. */
export class LogKeysDto {
  @ApiProperty({ type: () => [LogKeyDto] })
  keys!: LogKeyDto[];
}

/** What `GET /audit/status` answers. */
export class AuditStatusDto {
  @ApiProperty({ type: String, nullable: true, description: 'why nothing is decided any more, or null' })
  halted!: string | null;

  @ApiProperty({ example: 'substrate.example.com/log' })
  origin!: string;

  @ApiProperty()
  head!: StatusHeadDto;

  @ApiProperty({ type: () => StatusCheckpointDto, nullable: true, description: 'the newest signed checkpoint' })
  checkpoint!: StatusCheckpointDto | null;

  @ApiProperty({ example: 0, description: 'events behind the newest checkpoint' })
  unsigned_events!: number;

  @ApiProperty({ example: 12, description: 'events behind the last self-audit' })
  unaudited_events!: number;

  @ApiProperty({ type: () => [StatusSinkDto] })
  sinks!: StatusSinkDto[];

  @ApiProperty({ type: () => [StatusRunDto] })
  audits!: StatusRunDto[];

  @ApiProperty({ type: () => [FindingDto], description: 'what does not hold now' })
  findings!: FindingDto[];

  @ApiProperty({ type: () => [LogKeyDto] })
  keys!: LogKeyDto[];
}
