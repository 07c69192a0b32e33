import type { JsonObject, JsonValue } from '../../../platform/json.js';
import type { FactKind } from './fact.js';
import { nearestPolicy } from './policies.js';
import { DETECTORS, type Policy } from './policy.js';
import { policyOf } from './policy-row.js';
import { asObject, savedList, savedObject } from './saved-state.js';
import { DETECTOR_KINDS } from './detectors/catalogue.js';
import type { DetectorKind } from './detector.js';

/** The scope of everything. */
const ROOT = 'substrate';
/** Groups nest six deep; a chain that is longer than this is broken. */
const CHAIN_MAX = 16;

/** What goes for an agent: for each kind of fact, the detectors that look at it with their policies, in the order of `DETECTORS`. */
export type Plan = ReadonlyMap<FactKind, readonly { readonly kind: DetectorKind; readonly policy: Policy }[]>;

/** The policies and the scopes that they are for, as the log says them. */
export class PolicyBook {
  private readonly policies = new Map<string, Policy>();
  private readonly parents = new Map<string, string>();
  private plans = new Map<string, Plan>();
  /** Scopes that have a policy of their own. */
  private governed = new Set<string>();

  constructor(saved: JsonObject | null) {
    for (const row of savedList(saved, 'policies')) {
      const policy = policyOf(asObject(row) ?? {});
      if (policy) this.set(policy);
    }
    for (const [scopeId, parentId] of Object.entries(savedObject(saved, 'parents') ?? {})) {
      if (typeof parentId === 'string') this.parents.set(scopeId, parentId);
    }
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
    return { policies: policies as unknown as JsonValue[], parents: Object.fromEntries(this.parents) };
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
      const policy = nearestPolicy(
        all.filter((each) => each.detector === detector),
        scopes,
      );
      if (!policy) continue;
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
