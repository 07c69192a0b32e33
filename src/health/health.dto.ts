import { ApiProperty } from '@nestjs/swagger';

class PartDto {
  @ApiProperty({ enum: ['up', 'down'], example: 'up' })
  status!: 'up' | 'down';
}

class LogPartDto extends PartDto {
  @ApiProperty({ type: Number, nullable: true, example: 17, description: 'id of the last event' })
  last_event_id!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'hash of the last event' })
  head!: string | null;
}

class SinkDto {
  @ApiProperty({ example: 'file:/var/lib/echo-substrate/checkpoints.txt' })
  name!: string;

  @ApiProperty({ enum: ['up', 'down'], example: 'up' })
  status!: 'up' | 'down';

  @ApiProperty({ example: 1042, description: 'events of the largest checkpoint that it has' })
  size!: number;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'since when it fails' })
  failing_since!: string | null;
}

class CheckpointsPartDto extends PartDto {
  @ApiProperty({ type: Number, nullable: true, example: 1042, description: 'events of the newest signed checkpoint' })
  size!: number | null;

  @ApiProperty({ type: () => [SinkDto], description: 'where checkpoints go, out of reach of the database' })
  sinks!: SinkDto[];
}

class AuditPartDto extends PartDto {
  @ApiProperty({ type: Number, nullable: true, example: 1042, description: 'last event that a self-audit looked at' })
  event_id!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'when the last self-audit ended' })
  finished_at!: string | null;

  @ApiProperty({ example: 0, description: 'what does not hold now; GET /api/v1/audit/status names it' })
  findings!: number;
}

/** What `GET /health` answers, healthy or not. */
export class HealthDto {
  @ApiProperty({ enum: ['healthy', 'unhealthy'], example: 'healthy' })
  status!: 'healthy' | 'unhealthy';

  @ApiProperty({ example: '4.0.0' })
  version!: string;

  @ApiProperty({ example: 3600 })
  uptime_seconds!: number;

  @ApiProperty()
  database!: PartDto;

  @ApiProperty({ description: '`down` also where the log is not what was signed, and nothing is decided any more' })
  log!: LogPartDto;

  @ApiProperty({ description: '`down` while a sink fails, which stops nothing' })
  checkpoints!: CheckpointsPartDto;

  @ApiProperty({ description: '`down` while something that a self-audit found still stands' })
  audit!: AuditPartDto;
}

/** What `GET /health/live` answers. */
export class LiveDto {
  @ApiProperty({ enum: ['alive'] })
  status!: 'alive';
}
