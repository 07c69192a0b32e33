import { tableOf } from '../../event-log/table.js';
import { BudgetRefusal } from './entities/budget-refusal.entity.js';
import { ImmuneFinding } from './entities/immune-finding.entity.js';
import { ImmunePolicy } from './entities/immune-policy.entity.js';
import { Observation } from './entities/observation.entity.js';
import { Quarantine } from './entities/quarantine.entity.js';
import { SensorSeries } from './entities/sensor-series.entity.js';
import { StopOrder } from './entities/stop-order.entity.js';

/** The tables of the immune system. */
export const QUARANTINES = tableOf(Quarantine);
export const POLICIES = tableOf(ImmunePolicy);
export const FINDINGS = tableOf(ImmuneFinding);
export const OBSERVATIONS = tableOf(Observation);
export const SENSOR_SERIES = tableOf(SensorSeries);
export const REFUSALS = tableOf(BudgetRefusal);
export const STOP_ORDERS = tableOf(StopOrder);
