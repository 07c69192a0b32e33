import type { JsonObject } from '../platform/json.js';
import { problemDocument, type Problem } from '../platform/errors/problem.js';
import type { Timestamp } from '../platform/time.js';
import {
  actorOf,
  type Accepted,
  type Caller,
  type Command,
  type Decision,
  type Denied,
  type Idempotency,
  type Principal,
  type Reply,
  type Submission,
  type SubmittedCommand,
} from './command.js';
import type { DenialMeter } from './denial-meter.js';
import { effectsText, type Effect } from './effect.js';
import type { EventReference, Outcome } from './event.js';
import { BodyTooLargeError, EventWriter, type Head } from './event-writer.js';
import type { Gate } from './gate.js';
import type { IdempotencyLedger } from './idempotency.js';
import { RowsMissing, type Need, type WorkingSet } from './working-set.js';

/** A submission with what the request around it says. */
export interface Envelope {
  readonly submission: Submission;
  readonly caller: Caller;
  /** Our own id of the request or job run that carries it. */
  readonly requestId: string;
  /** The path that problems name as their instance. */
  readonly instance: string;
  readonly idempotency?: Idempotency;
  /** Set when writing this submission alone failed: its commands are recorded as failed, whatever they would have been. */
  readonly broken?: boolean;
}

/** What the decisions of a batch read and write, beyond the rows. */
export interface BatchContext {
  readonly state: WorkingSet;
  readonly head: Head;
  readonly now: Timestamp;
  readonly idempotency: IdempotencyLedger;
  readonly gate: Gate;
  readonly denials: DenialMeter;
  readonly newId: () => string;
  /** Told of a rule that threw; the command is recorded as failed. */
  readonly onFault: (error: unknown, command: Command, requestId: string) => void;
}

/** What is to be written and answered. */
export interface DecidedBatch {
  readonly writer: EventWriter;
  readonly replies: readonly Reply[];
}

/**
 * Decides the commands of a batch in order, each by its rule on the working set, and chains their events.
 * Reads and writes nothing but its arguments.
 * @throws RowsMissing where rules need more rows: nothing is decided then, and all is to be decided again with them
 */
export function decideBatch(envelopes: readonly Envelope[], context: BatchContext): DecidedBatch {
  context.denials.mark();
  const writer = new EventWriter(context.head, context.now);
  const faults: Parameters<BatchContext['onFault']>[] = [];
  const noted: BatchContext = { ...context, onFault: (...fault) => void faults.push(fault) };
  const missing: Need[] = [];
  const replies: Reply[] = [];
  for (const envelope of envelopes) {
    try {
      replies.push(new EnvelopeDecider(envelope, noted, writer).decide());
    } catch (error) {
      if (error instanceof RowsMissing) missing.push(...error.needs);
      else if (missing.length === 0) throw error;
      // What is decided behind a gap only shows what else is missing: it all goes into one new attempt.
    }
  }
  if (missing.length > 0) throw new RowsMissing(missing);
  for (const fault of faults) context.onFault(...fault);
  return { writer, replies };
}

const IDEMPOTENCY_REUSED: Problem = {
  status: 422,
  code: 'SPINE.IDEMPOTENCY_KEY_REUSED',
  detail: 'this Idempotency-Key was used for another request; take a new key for a new request',
};

const FAILED: Problem = {
  status: 500,
  code: 'SPINE.FAILED',
  detail: 'the command broke and was rolled back; the log has it as failed',
};

class EnvelopeDecider {
  constructor(
    private readonly envelope: Envelope,
    private readonly context: BatchContext,
    private readonly writer: EventWriter,
  ) {}

  decide(): Reply {
    const { submission, idempotency } = this.envelope;
    const stranger = this.strangerProblem();
    if (stranger) return this.refuse(stranger).reply;
    return this.once(idempotency, () => {
      const replies = submission.commands.map((item) => this.item(item));
      const [first] = replies;
      if (!submission.assemble && first) return { reply: first.reply, kept: first.kept };
      const assembled = submission.assemble?.(replies.map((r) => r.reply)) ?? { status: 200, body: '{}' };
      const reply: Reply = { ...assembled, replayed: false, event: null };
      return { reply, kept: replies.some((item) => item.kept !== null) ? reply.body : null };
    }).reply;
  }

  /** Nobody unknown gets anything, not even the answer that an Idempotency-Key stands for. */
  private strangerProblem(): Problem | null {
    const { gate, state, now } = this.context;
    const [first] = this.envelope.submission.commands;
    const admission = first && gate.admit(state, this.envelope.caller, first.command, now);
    return admission?.kind === 'unknown' ? admission.problem : null;
  }

  private item({ command, idempotency }: SubmittedCommand): Kept {
    return this.once(idempotency, () => this.command(command));
  }

  /** Answers from an earlier use of the key, or does it now and keeps a decision's answer. */
  private once(idempotency: Idempotency | undefined, work: () => Kept): Kept {
    if (!idempotency) return work();
    const { idempotency: ledger, now } = this.context;
    const known = ledger.find(this.envelope.caller, idempotency.key, now);
    if (known && known.fingerprint !== idempotency.fingerprint) return this.refuse(IDEMPOTENCY_REUSED);
    if (known) return { reply: { status: known.status, body: known.body, replayed: true, event: null }, kept: null };
    const done = work();
    if (done.kept !== null) ledger.keep(this.envelope.caller, idempotency, done.reply.status, done.kept, now);
    return done;
  }

  private command(command: Command): Kept {
    const { gate, state, now } = this.context;
    const { caller } = this.envelope;
    const admission = gate.admit(state, caller, command, now);
    if (admission.kind === 'unknown') return this.refuse(admission.problem);
    if (admission.kind === 'forbidden') return this.denied(command, { outcome: 'denied', problem: admission.problem });
    if (this.envelope.broken) return this.failed(command);
    const decision = this.attempt(command, admission.principal);
    return decision ? this.answer(command, decision) : this.failed(command);
  }

  /**
   * The rule's decision, with the effects of a success applied; null when it broke, and then nothing of it shows. What
   * throws later throws out of the batch: the effects show already, and only a new attempt without them can take them back.
   */
  private attempt(command: Command, principal: Principal): Decision | null {
    try {
      const decision = this.rule(command, principal);
      if (decision.outcome === 'succeeded') this.context.state.apply(decision.effects);
      return decision;
    } catch (error) {
      if (error instanceof RowsMissing) throw error;
      this.context.onFault(error, command, this.envelope.requestId);
      return null;
    }
  }

  private answer(command: Command, decision: Decision): Kept {
    switch (decision.outcome) {
      case 'succeeded':
        return this.succeeded(command, decision);
      case 'denied':
        return this.denied(command, decision);
      case 'nothing':
        return { reply: { status: 200, body: '{}', replayed: false, event: null }, kept: null };
    }
  }

  private rule(command: Command, principal: Principal): Decision {
    const { state, now, newId } = this.context;
    return command.decide(state, { now, principal, eventId: this.writer.nextId, newId });
  }

  private succeeded(command: Command, decision: Accepted): Kept {
    const { outcome, status = 200, answer, effects, secrets = [] } = decision;
    const event = this.append(command, { ...decision, outcome, effects });
    this.follow(decision.followUps, event);
    const whole: JsonObject = { ...answer, event: { ...event } };
    const body = JSON.stringify(whole);
    const blanks = Object.fromEntries(secrets.map((member) => [member, null]));
    const kept = secrets.length === 0 ? body : JSON.stringify({ ...whole, ...blanks });
    return { reply: { status, body, replayed: false, event }, kept };
  }

  private denied(command: Command, decision: Denied): Kept {
    const { denials, now, state } = this.context;
    const meter = denials.admit(this.envelope.caller, now);
    if (!meter.recorded) return this.refuse(tooManyDenials(meter.retryAfter));
    const effects = decision.effects ?? [];
    state.apply(effects);
    const payload = { ...command.payload, denied: { code: decision.problem.code, status: decision.problem.status } };
    const event = this.append(command, {
      outcome: 'denied',
      effects,
      payload,
      causedBy: decision.causedBy,
      denial: decision.problem.code,
    });
    this.follow(decision.followUps, event);
    return this.problem(decision.problem, event);
  }

  private failed(command: Command): Kept {
    const event = this.appendFailure(command);
    return { ...this.problem(FAILED, event), kept: null };
  }

  private appendFailure(command: Command): EventReference {
    try {
      return this.append(command, { outcome: 'failed', effects: [] });
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) throw error;
      return this.append(command, { outcome: 'failed', effects: [], payload: {} });
    }
  }

  /** Commands of the system that a decision calls for: decided at once, with their own events. */
  private follow(commands: readonly Command[] | undefined, cause: EventReference): void {
    for (const command of commands ?? []) {
      const principal: Principal = { actor: { type: 'system', id: command.type.split('.')[0] ?? 'system' }, roles: [] };
      const decision = this.attempt(command, principal);
      const by = { causedBy: cause.id, actor: principal.actor };
      if (decision === null) this.append(command, { outcome: 'failed', effects: [], ...by });
      else if (decision.outcome === 'succeeded')
        this.follow(decision.followUps, this.append(command, { ...decision, ...by }));
    }
  }

  private append(command: Command, e: Appendix): EventReference {
    return this.writer.append({
      actor: e.actor ?? actorOf(this.envelope.caller),
      type: command.type,
      outcome: e.outcome,
      subject: e.subject ?? command.subject,
      requestId: this.envelope.requestId,
      causedBy: e.causedBy ?? null,
      payload: e.payload ?? command.payload,
      bulky: command.bulky ?? [],
      personal: command.personal ?? [],
      effects: effectsText(e.effects),
      denial: e.denial,
    });
  }

  private problem(problem: Problem, event: EventReference): Kept {
    const whole = { ...problem, members: { ...problem.members, event: { ...event } } };
    const body = JSON.stringify(problemDocument(whole, this.envelope.instance, this.envelope.requestId));
    return { reply: { status: problem.status, body, replayed: false, event }, kept: body };
  }

  /** An answer that is no decision: no event, nothing kept. */
  private refuse(problem: Problem): Kept {
    const body = JSON.stringify(problemDocument(problem, this.envelope.instance, this.envelope.requestId));
    const reply: Reply = { status: problem.status, body, replayed: false, event: null };
    return {
      reply: problem.retryAfter === undefined ? reply : { ...reply, retryAfter: problem.retryAfter },
      kept: null,
    };
  }
}

/** A reply, and its text as kept for a replay (null: not kept). */
interface Kept {
  readonly reply: Reply;
  readonly kept: string | null;
}

interface Appendix {
  readonly outcome: Outcome;
  readonly effects: readonly Effect[];
  readonly payload?: JsonObject | undefined;
  readonly subject?: Command['subject'] | undefined;
  readonly causedBy?: number | undefined;
  readonly actor?: Principal['actor'];
  readonly denial?: string;
}

function tooManyDenials(retryAfter: number): Problem {
  return {
    status: 429,
    code: 'SPINE.TOO_MANY_DENIALS',
    detail: 'too many of your commands were refused within a minute; wait before asking again',
    retryAfter,
  };
}
