import { CliError, EXIT } from '../cli-error.js';
import { confirmOrder, readOrders, releaseOnProbation } from '../substrate-immune.js';
import { RUNAWAY } from './fleet-roster.js';
import { MILL_NANO, type Scene, sorting, timeOfDay } from './scene.js';

/** A quarter of the agent's budget is half a dollar. */
const PROBATION = { share: 0.25, seconds: 3600 } as const;
/** One such task fits into half a dollar, two do not. */
const LARGE_NANO = 300n * MILL_NANO;

/** An order to stop and what the agent said of it. */
export interface ObeyedOrder {
  readonly id: string;
  readonly status: string;
}

/** How the agent came back. */
export interface Release {
  readonly probation: { readonly share: number; readonly until: string };
  /** Code of the refusal beyond its share. */
  readonly refusal: string;
}

/** The agent hears that it is to stop, stops what it was at, and says so. */
export async function obeyOrder(scene: Scene, actionId: string): Promise<ObeyedOrder> {
  const { client, agent } = scene;
  const [order] = await readOrders(client, agent.key, RUNAWAY);
  if (!order) throw new CliError(`${RUNAWAY} is isolated and was not told to stop`, EXIT.failed);
  const what = order.actions.length === 1 ? 'what runs' : `${order.actions.length} actions`;
  scene.tell(RUNAWAY, `has an order to stop ${what}, to be confirmed by ${timeOfDay(order.confirm_by)}`);
  await agent.end(actionId, null);
  const status = await confirmOrder(client, agent.key, RUNAWAY, order.id);
  scene.tell(RUNAWAY, `has stopped: the hold goes back, the order is ${status}`);
  return { id: order.id, status };
}

/** The arbiter releases the agent on probation; it works within its share, and is refused beyond it. */
export async function release(scene: Scene): Promise<Release> {
  const { client, agent } = scene;
  const { username, session } = scene.stage.people.arbiter;
  const { share } = PROBATION;
  const until = await releaseOnProbation(client, session, RUNAWAY, 'T-1042 was malformed', PROBATION);
  scene.tell(username, `releases ${RUNAWAY} on probation: ${share * 100} % of its budget until ${timeOfDay(until)}`);
  const within = await agent.attempt(sorting('T-1043', LARGE_NANO));
  if (within !== null) throw new CliError(`on probation ${RUNAWAY} may do nothing: ${within}`, EXIT.failed);
  scene.tell(RUNAWAY, 'sorts T-1043 for 0.3 usd, within its share');
  const refusal = await agent.attempt(sorting('T-1044', LARGE_NANO));
  if (refusal !== 'IMMUNE.PROBATION') throw new CliError(`the probation of ${RUNAWAY} does not hold`, EXIT.failed);
  scene.warn(RUNAWAY, `is refused T-1044, which is beyond it: 403 ${refusal}`);
  return { probation: { share, until }, refusal };
}
