import type { JsonObject } from '../platform/json.js';
import type { Problem } from '../platform/errors/problem.js';
import type { Timestamp } from '../platform/time.js';
import type { Effect } from './effect.js';
import type { Actor, EventReference, Subject } from './event.js';
import type { Need, State } from './working-set.js';

/** Who asks for a command. Standing and roles are read when it is decided, never taken from here. */
export type Caller =
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'agent'; readonly id: string; readonly keyId: string }
  | { readonly kind: 'system'; readonly id: string };

/** The caller as an event names it. */
export function actorOf(caller: Caller): Actor {
  return { type: caller.kind, id: caller.id };
}

/** A caller as read under the head's lock. */
export interface Principal {
  readonly actor: Actor;
  /** A user's roles; for others empty. */
  readonly roles: readonly string[];
  /** Set where it is known and may nothing at all any more. */
  readonly barred?: Problem;
}

/** What a rule may know besides the rows: everything that is not a function of the state comes in here. */
export interface DecisionContext {
  /** The database's clock after the head's lock was taken; one moment for the whole batch. */
  readonly now: Timestamp;
  readonly principal: Principal;
  /** The id that this command's event will bear. */
  readonly eventId: number;
  /** A fresh UUIDv7. */
  readonly newId: () => string;
}

/** The command does what it says. */
export interface Accepted {
  readonly outcome: 'succeeded';
  /** HTTP status; 200 unless given. */
  readonly status?: 200 | 201;
  /** The answer's members; `event` is added. */
  readonly answer: JsonObject;
  readonly effects: readonly Effect[];
  readonly causedBy?: number;
  /** Replaces the command's subject when only the decision knows it. */
  readonly subject?: Subject;
  /** Replaces the command's payload when only the decision knows it. */
  readonly payload?: JsonObject;
  /** Members of the answer that are shown once: a replay has null in their place. */
  readonly secrets?: readonly string[];
  /** Commands of the system that follow from this one, decided right after it in the same transaction, each with what follows from it. */
  readonly followUps?: readonly Command[];
}

/** A rule said no; the refusal is an event as well. */
export interface Denied {
  readonly outcome: 'denied';
  readonly problem: Problem;
  readonly effects?: readonly Effect[];
  readonly causedBy?: number;
  readonly followUps?: readonly Command[];
}

/** There was nothing to do, and nothing is recorded. Only commands of the system may say so. */
export interface Nothing {
  readonly outcome: 'nothing';
}

/** What a rule answers. */
export type Decision = Accepted | Denied | Nothing;

/**
 * A wish to change something. A controller describes it, the spine executes it, and `decide` is the rule: a pure
 * function of the rows in `needs`, with no clock, database or random of its own.
 */
export interface Command {
  /** `organ.verb`; the event's type. */
  readonly type: string;
  /** The right that the caller needs, by its name in the permission table. */
  readonly permission: string;
  readonly subject: Subject | null;
  /** Goes into the log as it is: passwords, tokens and keys never appear in it. */
  readonly payload: JsonObject;
  /** Members of the payload that hold a caller's own JSON: where the body would grow too large, their digest stands in. */
  readonly bulky?: readonly string[];
  /** Members of the payload that are about a person: their salted digest stands in the body, the text beside the log, from where it can be erased. */
  readonly personal?: readonly string[];
  readonly needs: readonly Need[];
  decide(state: State, context: DecisionContext): Decision;
}

/** One command of a request, with its own idempotency key when it is an item of a batch. */
export interface SubmittedCommand {
  readonly command: Command;
  readonly idempotency?: Idempotency;
}

/** The caller's key and the SHA-256 of what the request was: method, path and body. */
export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}

/** What a decided command answers: status and the text of its JSON body. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
  readonly event: EventReference | null;
  readonly retryAfter?: number;
}

/** A request's commands: decided in order, in one transaction, answered together. */
export class Submission {
  constructor(
    readonly commands: readonly SubmittedCommand[],
    /** Makes the whole answer of a batch from the items' replies; absent for a single command. */
    readonly assemble?: (replies: readonly Reply[]) => { readonly status: number; readonly body: string },
    /** Who asks, where the route is public and the body says who it is (an activation); else the guard says. */
    readonly caller?: Caller,
    /**
     * Makes the answer of the decided one, after commit: adds what follows from it and is kept nowhere, such as a signature.
     * Called for replays too, so the same reply must always give the same answer.
     */
    readonly finish?: (reply: Reply) => Promise<Reply>,
  ) {}

  /** A request that is one command. */
  static of(command: Command, caller?: Caller): Submission {
    return new Submission([{ command }], undefined, caller);
  }

  /** The same request, whose answer is finished after commit. */
  finishedBy(finish: (reply: Reply) => Promise<Reply>): Submission {
    return new Submission(this.commands, this.assemble, this.caller, finish);
  }
}
