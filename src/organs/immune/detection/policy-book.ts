import type { JsonObject, JsonValue } from '../../../platform/json.js';
import type { FactKind } from './fact.js';
import { nearestPolicy } from './policies.js';
import { DETECTORS, type Policy } from './policy.js';
import { policyOf } from './policy-row.js';
import { asObject, savedList, savedObject, savedText } from './saved-state.js';
import { sharpened } from './sensitivity.js';
import { DETECTOR_KINDS } from './detectors/catalogue.js';
import type { DetectorKind } from './detector.js';

/** The scope of everything. */
const ROOT = 'substrate';
/** Groups nest six deep; a chain that is longer than this is broken. */
const CHAIN_MAX = 16;

/** What goes for an agent: for each kind of fact, the detectors that look at it with their policies, in the order of `DETECTORS`. */
export type Plan = ReadonlyMap<FactKind, readonly { readonly kind: DetectorKind; readonly policy: Policy }[]>;

/** The policies, the scopes that they are for, and how keen the present state makes them, as the log says them. */
export class PolicyBook {
  private readonly policies = new Map<string, Policy>();
  private readonly parents = new Map<string, string>();
  private plans = new Map<string, Plan>();
  /** Scopes that have a policy of their own. */
  private governed = new Set<string>();
  /** By state. */
  private readonly sensitivities = new Map<string, number>();
  /** The present state; empty while none was told of. */
  private present: string;

  constructor(saved: JsonObject | null) {
    for (const row of savedList(saved, 'policies')) {
      const policy = policyOf(asObject(row) ?? {});
      if (policy) this.set(policy);
    }
    for (const [scopeId, parentId] of Object.entries(savedObject(saved, 'parents') ?? {})) {
      if (typeof parentId === 'string') this.parents.set(scopeId, parentId);
    }
    for (const [state, sensitivity] of Object.entries(savedObject(saved, 'sensitivities') ?? {})) {
      if (typeof sensitivity === 'number') this.sensitivities.set(state, sensitivity);
    }
    this.present = savedText(saved, 'present') ?? '';
  }

  /** Takes a policy up, in the place of an earlier version. */
  set(policy: Policy): void {
    this.policies.set(policy.id, policy);
    this.governed = new Set([...this.policies.values()].map(({ scope }) => scope));
    this.plans = new Map();
  }

  place(scopeId: string, parentId: string | null): void {
    if (parentId === null) this.parents.delete(scopeId);
    else this.parents.set(scopeId, parentId);
    this.plans = new Map();
  }

  /** The substrate goes into a state. */
  enter(state: string): void {
    this.present = state;
    this.plans = new Map();
  }

  /** A state has this sensitivity from now on. */
  tune(state: string, sensitivity: number): void {
    this.sensitivities.set(state, sensitivity);
    this.plans = new Map();
  }

  /** What goes for an agent. Agents of one place without policies of their own share one plan. */
  planFor(agentId: string): Plan {
    const own = `agent:${agentId}`;
    const parent = this.parents.get(own) ?? ROOT;
    const key = this.governed.has(own) ? own : parent;
    let plan = this.plans.get(key);
    if (!plan) {
      plan = this.plan(key === own ? [own, ...this.chainFrom(parent)] : this.chainFrom(parent));
      this.plans.set(key, plan);
    }
    return plan;
  }

  state(): JsonObject {
    const policies = [...this.policies.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return {
      policies: policies as unknown as JsonValue[],
      parents: Object.fromEntries(this.parents),
      sensitivities: Object.fromEntries(this.sensitivities),
      present: this.present,
    };
  }

  private chainFrom(scope: string): string[] {
    const chain: string[] = [];
    for (let at: string | undefined = scope; at !== undefined && chain.length < CHAIN_MAX; at = this.parents.get(at)) {
      chain.push(at);
    }
    return chain.includes(ROOT) ? chain : [...chain, ROOT];
  }

  private plan(scopes: readonly string[]): Plan {
    const all = [...this.policies.values()];
    const plan = new Map<FactKind, { kind: DetectorKind; policy: Policy }[]>();
    for (const detector of DETECTORS) {
      const nearest = nearestPolicy(
        all.filter((each) => each.detector === detector),
        scopes,
      );
      if (!nearest) continue;
      const policy = sharpened(nearest, this.sensitivities.get(this.present) ?? 1);
      const kind = DETECTOR_KINDS[detector];
      for (const fact of kind.facts) {
        const entries = plan.get(fact);
        if (entries) entries.push({ kind, policy });
        else plan.set(fact, [{ kind, policy }]);
      }
    }
    return plan;
  }
}
