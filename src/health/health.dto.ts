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

  @ApiProperty()
  log!: LogPartDto;
}

/** What `GET /health/live` answers. */
export class LiveDto {
  @ApiProperty({ enum: ['alive'] })
  status!: 'alive';
}
