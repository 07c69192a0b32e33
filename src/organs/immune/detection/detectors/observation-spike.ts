import type { JsonObject } from '../../../../platform/json.js';
import type { Detector, DetectorKind, Moment } from '../detector.js';
import type { Sighting } from '../finding.js';
import { SERIES_MAX } from '../observed-values.js';
import type { Policy } from '../policy.js';
import { inWords } from '../spans.js';
import { SpikeDetector, type SpikeScore, type SpikeState } from '../spike-detector.js';

/** Other series that a finding names: an observation may have many that spike at once. */
const NAMED_MAX = 3;

interface Spike extends SpikeScore {
  readonly name: string;
}

/** The numbers that a sensor reports, each series against its own past. A series is named by event type and path. */
class ObservationSpike implements Detector {
  private readonly series = new Map<string, SpikeDetector>();

  constructor(saved: JsonObject | null) {
    for (const [name, state] of Object.entries(saved ?? {})) {
      this.series.set(name, new SpikeDetector(state as unknown as SpikeState));
    }
  }

  next({ fact }: Moment, { threshold }: Policy): Sighting | null {
    if (fact.kind !== 'observed') return null;
    let worst: Spike | null = null;
    const spiking: string[] = [];
    for (const { path, value } of fact.values) {
      const name = `${fact.eventType} ${path}`;
      const judged = this.of(name)?.next(value);
      if (!judged || judged.score < threshold) continue;
      spiking.push(name);
      if (judged.score > (worst?.score ?? -1)) worst = { ...judged, name };
    }
    if (!worst) return null;
    const { name, observed, expected } = worst;
    const others = spiking.filter((each) => each !== name);
    return {
      metric: name,
      expected: finite(expected),
      observed: finite(observed),
      from: fact.occurredAt,
      to: fact.occurredAt,
      evidence: [fact.eventId],
      reason: `${inSentence(worst)}${amongOthers(others)}`,
    };
  }

  state(): JsonObject {
    return Object.fromEntries(
      [...this.series].map(([name, detector]) => [name, detector.state() as unknown as JsonObject]),
    );
  }

  /** The detector of a series; null where there are too many already. */
  private of(name: string): SpikeDetector | null {
    let detector = this.series.get(name);
    if (!detector) {
      if (this.series.size >= SERIES_MAX) return null;
      detector = new SpikeDetector();
      this.series.set(name, detector);
    }
    return detector;
  }
}

function inSentence({ name, observed, expected, span }: Spike): string {
  const what = span > 1 ? `the level of the last ${span} values was` : 'the value was';
  return `${name}: ${what} ${inWords(observed)}, where ${inWords(expected)} is the nearest that was usual`;
}

/** Other series of the same observation that are as unusual. */
function amongOthers(names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length - NAMED_MAX;
  return `; also ${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A level near the largest double is squared again, which may round up to infinity. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

/** A reported number unlike all that were reported before. */
export const OBSERVATION_SPIKE: DetectorKind = {
  name: 'observation_spike',
  facts: ['observed'],
  isSynchronous: false,
  make: (saved) => new ObservationSpike(saved),
};
