import type { JsonObject } from '../../../platform/json.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import type { Sighting } from '../detection/finding.js';
import { SERIES_MAX } from '../detection/observed-values.js';
import type { Policy } from '../detection/policy.js';
import { asObject, savedNumber, savedObject } from '../detection/saved-state.js';
import { inWords } from '../detection/spans.js';
import {
  REST_VALUES,
  SPIKE_THRESHOLD,
  SpikeDetector,
  type SpikeScore,
  type SpikeState,
} from '../detection/spike-detector.js';

/** Other series that a finding names: an observation may have many that spike at once. */
const NAMED_MAX = 3;

interface Spike extends SpikeScore {
  readonly name: string;
}

interface Series {
  readonly spikes: SpikeDetector;
  /** Values for which a score below the usual threshold is not told, because one was told. */
  quiet: number;
}

/** The numbers that a sensor reports, each series against its own past. A series is named by event type and path. */
class ObservationSpike implements Detector {
  private readonly series = new Map<string, Series>();

  constructor(saved: JsonObject | null) {
    for (const [name, value] of Object.entries(saved ?? {})) {
      const entry = asObject(value);
      const spikes = new SpikeDetector((savedObject(entry, 'spikes') ?? undefined) as SpikeState | undefined);
      this.series.set(name, { spikes, quiet: savedNumber(entry, 'quiet') });
    }
  }

  next({ fact }: Moment, { threshold }: Policy): Sighting | null {
    if (fact.kind !== 'observed') return null;
    let worst: Spike | null = null;
    const spiking: string[] = [];
    for (const { path, value } of fact.values) {
      const name = `${fact.eventType} ${path}`;
      const series = this.of(name);
      const judged = series && judgedBy(series, value, threshold);
      if (!judged) continue;
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
      [...this.series].map(([name, { spikes, quiet }]) => [
        name,
        { spikes: spikes.state() as unknown as JsonObject, quiet },
      ]),
    );
  }

  /** A series; null where there are too many already. */
  private of(name: string): Series | null {
    let series = this.series.get(name);
    if (!series) {
      if (this.series.size >= SERIES_MAX) return null;
      series = { spikes: new SpikeDetector(), quiet: 0 };
      this.series.set(name, series);
    }
    return series;
  }
}

/**
 * A value that is to be told. From the usual threshold on the detector rests by itself; a keener policy hears of one that is
 * below it, and then only of greater ones for as long: it finds more than the usual policy, never less.
 */
function judgedBy(series: Series, value: number, threshold: number): SpikeScore | null {
  const judged = series.spikes.next(value);
  const isQuiet = series.quiet > 0;
  if (isQuiet) series.quiet -= 1;
  if (judged.score < threshold || (isQuiet && judged.score < SPIKE_THRESHOLD)) return null;
  series.quiet = REST_VALUES;
  return judged;
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
