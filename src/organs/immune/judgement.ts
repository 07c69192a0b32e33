import type { DetectionStore } from './detection-store.js';
import { DETECTOR_KINDS } from './detectors/catalogue.js';
import { DetectorEngine } from './detection/engine.js';
import type { Fact } from './detection/fact.js';
import { factsOf, type EventRow } from './detection/fact-reader.js';
import type { Finding } from './detection/finding.js';

/** Agents of which nothing was heard for so long in the log's time leave the memory when they are saved, in ms: ten minutes. */
const IDLE_AGENT_MS = 600_000;

/** How far the log is judged, and what the detectors know by then; agents about whom nothing happens rest in the database. */
export class Judgement {
  /** When something was last heard of an agent whose memory is here, in the log's time. */
  private readonly heard = new Map<string, number>();
  private noted = -1;
  private at = 0;

  private constructor(
    private readonly store: DetectionStore,
    private readonly engine: DetectorEngine,
    private judged: number,
    /** The event up to which all findings are recorded, maybe by an older server that judged otherwise. */
    private readonly recordedUpTo: number,
  ) {}

  /** Goes on where it was saved last. */
  static async resumed(store: DetectionStore): Promise<Judgement> {
    const { eventId, shared } = await store.saved();
    return new Judgement(store, new DetectorEngine(shared), eventId, await store.recordedUpTo());
  }

  /** The last event that was judged. */
  get eventId(): number {
    return this.judged;
  }

  /**
   * Judges the next events; answers what is to be recorded. What the deciding transaction finds by itself is recorded there,
   * and nobody is isolated today for what an older server did not find about long ago.
   */
  async judge(events: readonly EventRow[]): Promise<Finding[]> {
    const facts = events.flatMap((event) => factsOf(event));
    await this.bringIn(facts);
    const findings: Finding[] = [];
    for (const fact of facts) {
      for (const agentId of this.engine.agentsOf(fact)) this.heard.set(agentId, fact.at);
      findings.push(...this.engine.next(fact));
      this.at = fact.at;
    }
    this.judged = events.at(-1)?.id ?? this.judged;
    return findings.filter((finding) => !DETECTOR_KINDS[finding.detector].isSynchronous && this.isNews(finding));
  }

  private isNews({ id }: Finding): boolean {
    return Number(id.slice(id.lastIndexOf('/') + 1)) > this.recordedUpTo;
  }

  /** Notes how far it came, where that is news. */
  async note(): Promise<void> {
    if (this.noted === this.judged || this.judged === 0) return;
    await this.store.note(this.judged);
    this.noted = this.judged;
  }

  /** Saves what is known, after a note, and lets go of agents that are idle. */
  async save(): Promise<void> {
    if (this.judged === 0) return;
    await this.store.save(this.engine, this.judged);
    for (const [agentId, at] of this.heard) {
      if (at >= this.at - IDLE_AGENT_MS) continue;
      this.engine.evict(agentId);
      this.heard.delete(agentId);
    }
  }

  /** What rests in the database of agents that something happened to. */
  private async bringIn(facts: readonly Fact[]): Promise<void> {
    const missing = new Set(
      facts.flatMap((fact) => this.engine.agentsOf(fact)).filter((agentId) => !this.engine.has(agentId)),
    );
    if (missing.size === 0) return;
    const resting = await this.store.series([...missing]);
    for (const agentId of missing) this.engine.load(agentId, resting.get(agentId) ?? null);
  }
}
