import type { JsonObject } from '../../platform/json.js';

/** One data row of a trace file. */
export interface TraceRow {
  /** Number of the row, from 1; with the file's hash it names the row for good. */
  readonly seq: number;
  readonly cells: Readonly<Record<string, string>>;
}

interface TraceEventBase {
  readonly seq: number;
  /** Milliseconds since 1970, UTC. */
  readonly atMs: number;
  /** Whose agent it was. */
  readonly user: string;
  /** What the row says besides, to be kept with the command. */
  readonly notes: JsonObject;
}

/** Counts of a call by kind, as the substrate's price book names them. */
export type TraceUsage = Readonly<Record<string, number>>;

/** A model at whose price a call's usage is booked. */
export interface PricedModel {
  readonly provider: string;
  readonly model: string;
}

/** A call begins, ends with its cost in nano-units, or fails. */
export type TraceEvent =
  | (TraceEventBase & {
      readonly kind: 'start';
      /** What the call may cost as far as the trace says; absent: the format's `holdNano`. */
      readonly holdNano?: bigint;
      readonly usage?: TraceUsage;
    })
  | (TraceEventBase & { readonly kind: 'end'; readonly costNano: bigint; readonly usage?: TraceUsage })
  | (TraceEventBase & { readonly kind: 'failure' });

/** How one kind of trace file is told by its header and read. */
export interface TraceFormat {
  readonly name: string;
  /** Columns that the file must have. */
  readonly columns: readonly string[];
  /** Action type and cost type of a call. */
  readonly actionType: string;
  readonly unit: string;
  /** Put before a user's name to make the agent's id. */
  readonly agentPrefix: string;
  /** Held for a call that the trace says no more of, and the budget of an agent, in nano-units. */
  readonly holdNano: bigint;
  readonly budgetNano: bigint;
  /** Present: calls send their usage, and the substrate prices it as that of this model. */
  readonly priced?: PricedModel;
  /** Whether its rows say what a call used. */
  readonly hasUsage?: boolean;
  /**
   * The events of a row, none for a row that is no command.
   * @throws RangeError when a cell is not what the format says
   */
  eventsOf(row: TraceRow): readonly TraceEvent[];
}
