import { ACTION, httpRun } from './http.js';
import type { Figure } from './measure.js';
import { registerAgents, startProcess, type Stage } from './stage.js';

/** How often memory is read, in ms. */
const SAMPLE_MS = 30_000;
/** Connections of the load, as of key b64. */
const CONNECTIONS = 64;

/** Memory of the server at one moment, in MiB. */
export interface MemorySample {
  readonly seconds: number;
  readonly resident: number;
  readonly heap: number;
}

/** What a server did and held while it worked at full rate. */
export interface Soak extends Figure {
  readonly samples: readonly MemorySample[];
}

/** Loads a server for some minutes and reads its memory from its own metrics. */
export async function soak(stage: Stage, minutes: number, onSample: (sample: MemorySample) => void): Promise<Soak> {
  const server = await startProcess(stage, '../src/main.js', '/health');
  const agents = await registerAgents(server, stage);
  const samples: MemorySample[] = [];
  const started = performance.now();
  const sample = async (): Promise<void> => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const mib = (name: string): number =>
      Math.round(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]) / 2 ** 20);
    const now = {
      seconds: Math.round((performance.now() - started) / 1000),
      resident: mib('process_resident_memory_bytes'),
      heap: mib('nodejs_heap_size_used_bytes'),
    };
    samples.push(now);
    onSample(now);
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  try {
    const figure = await httpRun(`${server.url}/api/v1/actions`, CONNECTIONS, minutes * 60, ACTION, agents);
    await sample();
    return { ...figure, samples };
  } finally {
    clearInterval(timer);
    await server.stop();
  }
}
