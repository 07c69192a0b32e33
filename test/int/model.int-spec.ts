import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Submission } from '../../src/event-log/command.js';
import { inserted } from '../../src/event-log/effect.js';
import { STATE } from '../../src/organs/arbiter/arbiter.rules.js';
import { DEFAULT_STATE_POLICIES, STATE_POLICIES } from '../../src/organs/arbiter/state-policies.js';
import { THE_STATE } from '../../src/organs/arbiter/entities/substrate-state.entity.js';
import { history } from '../model/commands.js';
import { World, type Laboratory } from '../model/world.js';
import { openClockedSpine, type ClockedSpine } from '../support/clocked-spine.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { note } from '../support/test-spine.js';

/** Commands here; `npm run test:model` lives through more. */
const COMMANDS = Number(process.env['MODEL_COMMANDS'] ?? 100_000);
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
/** Between two words on how far a long run is. */
const TOLD_EVERY = 10_000;
/** Histories that come from one seed; then the next one counts. */
const WORLDS_A_SEED = 25;
/** Before the clocks of the spring of 2027 change. */
const BEGINNING = Date.UTC(2027, 2, 20, 22, 58, 30);
const MODEL_MS = Math.max(90_000, COMMANDS * 2);

let database: TestDatabase;
let spine: ClockedSpine;
let laboratory: Laboratory;
let callers = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  spine = await openClockedSpine(database.url, BEGINNING);
  laboratory = {
    client: spine.client,
    setClock: (ms) => spine.setClock(ms),
    // Somebody else each time: whoever is refused again and again is told to wait.
    execute: (command) =>
      spine.spine.execute({
        submission: Submission.of(command),
        caller: { kind: 'user', id: `tester-${(callers += 1)}` },
        requestId: 'request',
        instance: '/test',
      }),
  };
  const state = { id: THE_STATE, current_state: 'observe', trigger: 'genesis', raised_by: 'genesis' } as const;
  const policies = DEFAULT_STATE_POLICIES.map((policy) => inserted(STATE_POLICIES, policy));
  await spine.execute(
    note('genesis', {
      decide: (_state, { now, eventId }) => {
        const row = { ...state, since: now, event_id: eventId };
        return { outcome: 'succeeded', answer: {}, effects: [inserted(STATE, row), ...policies] };
      },
    }),
  );
}, 60_000);

afterAll(async () => {
  await spine.close();
  await database.drop();
});

describe('budgets on a real database', () => {
  it(
    `agree with a model that knows nothing of it, over ${COMMANDS} random commands (seed ${SEED})`,
    async () => {
      let [commands, told] = [0, 0];
      const property = fc.asyncProperty(history, async (rounds) => {
        const world = new World(laboratory, BEGINNING);
        await world.live(rounds);
        commands += world.commands;
        if (process.env['MODEL_COMMANDS'] && commands >= told + TOLD_EVERY) {
          told = commands;
          process.stderr.write(`${told} commands agree
`);
        }
      });
      const limit = { interruptAfterTimeLimit: MODEL_MS - 30_000, markInterruptAsFailure: true };
      for (let seed = SEED; commands < COMMANDS; seed += 1)
        await fc.assert(property, { seed, numRuns: WORLDS_A_SEED, ...limit });
      expect(spine.faults).toEqual([]);
    },
    MODEL_MS,
  );
});
