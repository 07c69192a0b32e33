import { v7 as uuidv7 } from 'uuid';
import { Submission, type Command } from '../../event-log/command.js';
import { Gate, type Admission } from '../../event-log/gate.js';
import { checkpointText } from '../../event-log/note/checkpoint.js';
import { noteText } from '../../event-log/note/note.js';
import { signText, type SigningKey } from '../../event-log/note/vkey.js';
import { Spine } from '../../event-log/spine.js';
import { RECOVERY, recoveryPayload } from '../../event-log/verification/succession.js';
import { CliError } from '../cli-error.js';
import type { Loss } from './loss.js';

/** Lets the system alone in: nobody else asks here. */
class SystemGate extends Gate {
  override needs() {
    return [];
  }

  override admit(): Admission {
    return { kind: 'admitted', principal: { actor: { type: 'system', id: 'substrate' }, roles: [] } };
  }
}

/** Writes the event that says what was lost; answers its id. @throws CliError when the log grew meanwhile */
export async function recordRecovery(
  databaseUrl: string,
  loss: Loss,
  key: SigningKey,
  reason: string,
): Promise<number> {
  let fault: unknown = null;
  const observer = { fault: (error: unknown) => (fault = error), committed: () => undefined };
  const spine = new Spine({ url: databaseUrl, gate: new SystemGate(), observer });
  try {
    const { event, body } = await spine.execute({
      submission: Submission.of(recoveryCommand(loss, key, reason)),
      caller: { kind: 'system', id: 'substrate' },
      requestId: uuidv7(),
      instance: 'recover',
    });
    if (fault !== null) throw fault;
    if (!event)
      throw new CliError(`nothing was recorded: the log has grown meanwhile; stop every server first (${body})`);
    return event.id;
  } finally {
    await spine.close();
  }
}

function recoveryCommand({ abandoned, restored, forkSize }: Loss, key: SigningKey, reason: string): Command {
  const text = checkpointText({ origin: key.verifier.name, ...restored });
  const left = noteText({ text, signatures: [signText(text, key)] });
  return {
    type: RECOVERY,
    permission: 'system',
    subject: null,
    payload: { ...recoveryPayload(forkSize, abandoned.note, left), reason },
    needs: [],
    decide: (_state, { eventId }) =>
      eventId === restored.size + 1 ? { outcome: 'succeeded', answer: {}, effects: [] } : { outcome: 'nothing' },
  };
}
