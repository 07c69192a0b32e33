import '../../src/data-source.js';
import type { Command, Reply } from '../../src/event-log/command.js';
import { Submission } from '../../src/event-log/command.js';
import { Gate, type Admission } from '../../src/event-log/gate.js';
import type { Idempotency } from '../../src/event-log/command.js';
import { Spine } from '../../src/event-log/spine.js';

/** Lets everybody do everything: these tests are about the spine, not about rights. */
class OpenGate extends Gate {
  override needs() {
    return [];
  }

  override admit(): Admission {
    return { kind: 'admitted', principal: { actor: { type: 'system', id: 'test' }, roles: [] } };
  }
}

/** A spine without HTTP and organs. */
export interface TestSpine {
  readonly spine: Spine;
  /** What was reported as broken. */
  readonly faults: unknown[];
  execute(command: Command, idempotency?: Idempotency): Promise<Reply>;
}

/** Opens a spine on a database; close `spine` in the end. */
export function openSpine(url: string, options: { batchCommandsMax?: number } = {}): TestSpine {
  const faults: unknown[] = [];
  const observer = { fault: (error: unknown) => void faults.push(error), committed: () => undefined };
  const spine = new Spine({ url, gate: new OpenGate(), observer, ...options });
  const execute = (command: Command, idempotency?: Idempotency): Promise<Reply> =>
    spine.execute({
      submission: Submission.of(command),
      caller: { kind: 'user', id: 'tester' },
      requestId: 'request',
      instance: '/test',
      ...(idempotency ? { idempotency } : {}),
    });
  return { spine, faults, execute };
}

/** A command that only leaves its event; the first of a log is its genesis. */
export function note(text: string, more: Partial<Command> = {}): Command {
  return {
    type: text === 'genesis' ? 'substrate.genesis' : 'test.note',
    permission: 'system',
    subject: { type: 'note', id: text },
    payload: { text },
    needs: [],
    decide: () => ({ outcome: 'succeeded', answer: { text }, effects: [] }),
    ...more,
  };
}
