import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';

/** The series of a sensor: which numeric members of its observations are watched from their first value on. */
@Derived('sensor_series')
@Entity('sensor_series')
export class SensorSeries {
  @PrimaryColumn({ type: 'text' })
  agent_id!: string;

  /** `<event type> <path>` of each, in the order they came. */
  @Column({ type: 'text', array: true })
  series!: string[];
}
