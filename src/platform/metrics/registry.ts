import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry with the metrics of the process itself: memory, processor time, event loop. Each part adds its own. */
export function processRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
