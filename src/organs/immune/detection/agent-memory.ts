import type { JsonObject } from '../../../platform/json.js';
import type { Timestamp } from '../../../platform/time.js';
import type { AgentStatus, AgentType } from '../../agents/index.js';
import { DETECTOR_KINDS } from '../detectors/catalogue.js';
import { MinuteMeter } from './minute-meter.js';
import { OpenActions } from './open-actions.js';
import type { DetectorName } from './policy.js';
import { asObject, savedNumber, savedObject, savedText, savedTexts } from './saved-state.js';
import type { Detector, DetectorKind } from './detector.js';

/** A detector that watches an agent. */
export interface Watch {
  readonly detector: Detector;
  /** Until when it finds nothing more, in ms since 1970. */
  quietUntil: number;
  /** The policy, as `id/version`, that is quiet: another one, or a changed one, goes from its first event on. */
  quietPolicy: string;
}

/** All that the engine remembers of one agent. */
export class AgentMemory {
  type: AgentType;
  status: AgentStatus;
  probationUntil: Timestamp | null;
  meter: MinuteMeter;
  open: OpenActions;
  /** Measures in which the agent is counted among its peers. */
  readonly counted: Set<string>;
  private readonly watches = new Map<DetectorName, Watch>();

  constructor(saved: JsonObject | null) {
    this.type = (savedText(saved, 'type') ?? 'task') as AgentType;
    this.status = (savedText(saved, 'status') ?? 'active') as AgentStatus;
    this.probationUntil = savedText(saved, 'probation_until');
    this.meter = new MinuteMeter(savedObject(saved, 'meter'));
    this.open = new OpenActions(savedObject(saved, 'open'));
    this.counted = new Set(savedTexts(saved, 'counted'));
    for (const [name, value] of Object.entries(savedObject(saved, 'watches') ?? {})) {
      const watch = asObject(value);
      const kind = DETECTOR_KINDS[name as DetectorName];
      this.watches.set(kind.name, {
        detector: kind.make(savedObject(watch, 'state')),
        quietUntil: savedNumber(watch, 'quiet_until'),
        quietPolicy: savedText(watch, 'quiet_policy') ?? '',
      });
    }
  }

  /** The watch of a detector, from now on if there was none. */
  watch(kind: DetectorKind): Watch {
    let watch = this.watches.get(kind.name);
    if (!watch) {
      watch = { detector: kind.make(null), quietUntil: 0, quietPolicy: '' };
      this.watches.set(kind.name, watch);
    }
    return watch;
  }

  /** Ends a watch and what it remembers. */
  forget(name: DetectorName): void {
    this.watches.delete(name);
  }

  /** A released agent is watched at once, also by policies that have just found something. */
  endCoolDowns(): void {
    for (const watch of this.watches.values()) watch.quietUntil = 0;
  }

  /** Of an agent that is no more nothing is remembered but that. */
  end(): void {
    this.watches.clear();
    this.counted.clear();
    this.meter = new MinuteMeter(null);
    this.open = new OpenActions(null);
  }

  state(): JsonObject {
    if (this.status === 'terminated') return { status: this.status };
    const watches = [...this.watches].map(([name, { detector, quietUntil, quietPolicy }]) => [
      name,
      { state: detector.state(), quiet_until: quietUntil, quiet_policy: quietPolicy },
    ]);
    return {
      type: this.type,
      status: this.status,
      probation_until: this.probationUntil,
      meter: this.meter.state(),
      open: this.open.state(),
      counted: [...this.counted],
      watches: Object.fromEntries(watches) as JsonObject,
    };
  }
}
