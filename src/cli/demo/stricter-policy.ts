import { CliError, EXIT } from '../cli-error.js';
import { backtest, readPolicies, setPolicy } from '../substrate-immune.js';
import { DETECTOR, type Scene } from './scene.js';

/** A policy that was tried and set. */
export interface StricterPolicy {
  /** What it would have done, tried on the log before it went into force. */
  readonly backtest: { readonly isolated: readonly string[]; readonly preventedActions: number };
  readonly policyVersion: number;
}

/** The intent architect tries on the log what quarantine for loops would have done, and sets it. */
export async function setStricterPolicy(scene: Scene): Promise<StricterPolicy> {
  const { client } = scene;
  const { username, session } = scene.stage.people.intent_architect;
  const stricter = (await readPolicies(client, session)).map((policy) =>
    policy.detector === DETECTOR ? { ...policy, answer: 'quarantine' } : policy,
  );
  const trial = await backtest(client, session, stricter);
  // Those that the log has as well are no news.
  const fresh = trial.isolations.filter((each) => each.recorded_event_id === null);
  const isolated = fresh.map((each) => each.agent_id);
  const preventedActions = fresh.reduce((sum, each) => sum + each.prevented_actions, 0);
  scene.tell(username, `tries quarantine for ${DETECTOR} on the ${trial.events} events so far`);
  scene.tell('', `it would have isolated ${isolated.join(', ')}: ${preventedActions} actions less`);
  const wanted = stricter.find(({ detector, scope }) => detector === DETECTOR && scope === 'substrate');
  if (!wanted) throw new CliError(`there is no policy for ${DETECTOR}`, EXIT.failed);
  const { version } = await setPolicy(client, session, wanted);
  scene.tell(username, `sets it: version ${version} of the policy, in force at once`);
  return { backtest: { isolated, preventedActions }, policyVersion: version };
}
