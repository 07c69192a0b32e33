import { CURIOUS, type DemoAgent, type Habit } from './fleet-roster.js';

/** The stretch of made-up time that the story covers. */
export const STORY_MS = 30_000;

/** One call of one agent, from its beginning to its end in the story's time. */
export interface Call {
  readonly agentId: string;
  readonly actionType: string;
  readonly beginsMs: number;
  readonly endsMs: number;
  readonly holdNano: bigint;
  readonly costNano: bigint;
  readonly succeeds: boolean;
}

export interface Moment {
  readonly atMs: number;
  readonly kind: 'begin' | 'end';
  readonly call: Call;
}

/** Amounts of the story are whole ten-thousandths of a dollar: easy to read, and believable. */
const COST_STEP_NANO = 100_000n;

const WARM_UP_ROUNDS = 20;

/** Writes the story of a fleet: the same seed gives the same calls at the same moments. */
export function writeScenario(fleet: readonly DemoAgent[], seed: number): Moment[] {
  const random = seededRandom(seed);
  const calls = fleet.flatMap((agent) => agent.habits.flatMap((habit) => callsOf(agent.agent_id, habit, random)));
  const moments = [...calls, curiousCall()].flatMap((call): Moment[] => [
    { atMs: call.beginsMs, kind: 'begin', call },
    { atMs: call.endsMs, kind: 'end', call },
  ]);
  return moments.sort((a, b) => a.atMs - b.atMs);
}

function callsOf(agentId: string, habit: Habit, random: () => number): Call[] {
  const calls: Call[] = [];
  for (let atMs = around(habit.everyMs, random); atMs < STORY_MS; atMs += around(habit.everyMs, random)) {
    const endsMs = atMs + around(habit.lastsMs, random);
    const steps = Number((habit.costToNano - habit.costFromNano) / COST_STEP_NANO);
    const costNano = habit.costFromNano + COST_STEP_NANO * BigInt(Math.floor(random() * (steps + 1)));
    const succeeds = habit.failsOneIn === 0 || random() >= 1 / habit.failsOneIn;
    const { actionType, holdNano } = habit;
    calls.push({ agentId, actionType, beginsMs: atMs, endsMs, holdNano, costNano: succeeds ? costNano : 0n, succeeds });
  }
  return calls;
}

function curiousCall(): Call {
  const { agentId, actionType, atMs } = CURIOUS;
  return { agentId, actionType, beginsMs: atMs, endsMs: atMs + 1, holdNano: 0n, costNano: 0n, succeeds: true };
}

/** Half to one and a half times the mean, in whole milliseconds, at least one. */
function around(meanMs: number, random: () => number): number {
  return Math.max(1, Math.round(meanMs * (0.5 + random())));
}

/** A seeded generator of numbers in [0, 1): 32-bit xorshift with shifts 13, 17, 5 (Marsaglia, "Xorshift RNGs", 2003). */
function seededRandom(seed: number): () => number {
  // Zero is the one state that xorshift never leaves; small seeds need some rounds before their bits have spread.
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const next = (): number => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
  return next;
}
