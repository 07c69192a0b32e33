import { canonicalSha256 } from '../../event-log/canonical.js';
import { decimalOfNano, nanoOfNumber } from '../../platform/decimal.js';
import { CliError, EXIT } from '../cli-error.js';
import { type BigWish, askPeople, decide, type EscalationDetail, readInbox } from '../substrate-escalations.js';
import { type ApprovedAction, useApproval } from './approval.js';
import { PAYER } from './fleet-roster.js';
import type { Scene } from './scene.js';
import type { Performance } from './show.js';
import { credentialOf } from './stage.js';

const CENT_NANO = 10_000_000n;
/** The agent has a budget of 5 usd, and may read invoices only. */
const PAYLOAD = { to: 'supplier-4', invoice: '2026-117', amount: '48.50 usd' };
const TOO_MUCH: BigWish = { actionType: 'money.send', payload: PAYLOAD, costNano: 8_000n * CENT_NANO };
const ENOUGH: BigWish = { ...TOO_MUCH, costNano: 4_850n * CENT_NANO };

/** What an agent asked the arbiter for, and the answer. */
export interface AppealDecision {
  readonly id: string;
  /** What it may cost at most: an exact decimal in US dollars. */
  readonly ceiling: string;
  /** Code of what stood in the way. */
  readonly obstacle: string | null;
  readonly status: string;
  readonly reason: string;
  /** The event of the decision. */
  readonly eventId: number | null;
}

/** An appeal that the arbiter decided on, and what came of it. */
export interface AppealReport extends ApprovedAction {
  readonly agentId: string;
  readonly actionType: string;
  readonly payloadSha256: string;
  /** The first is denied, the second approved. */
  readonly decisions: readonly AppealDecision[];
}

interface Appeal {
  readonly wish: BigWish;
  readonly because: string;
  readonly verb: 'approve' | 'deny';
  readonly reason: string;
  /** Whether the arbiter has seen its payload before. */
  readonly isKnown?: boolean;
}

/**
 * Plays how an agent asks for what it may not do by itself, is denied, asks for less, and uses the approval once.
 * @throws CliError when the substrate does not do its part
 */
export async function playAppeal(scene: Scene, own: Performance): Promise<AppealReport> {
  const denied = await appeal(scene, {
    wish: TOO_MUCH,
    because: 'due today, and some more for fees',
    verb: 'deny',
    reason: 'the invoice says 48.50',
  });
  const approved = await appeal(scene, {
    wish: ENOUGH,
    because: 'due today',
    verb: 'approve',
    reason: 'that is the invoice, and it is ours',
    isKnown: true,
  });
  const action = await useApproval(scene, credentialOf(scene.stage, PAYER), own, ENOUGH, approved.id);
  return {
    agentId: PAYER,
    actionType: ENOUGH.actionType,
    payloadSha256: canonicalSha256(PAYLOAD),
    decisions: [denied, approved],
    ...action,
  };
}

/** An appeal in one sentence. */
export function sentenceOf({ agentId, actionType, decisions, action }: AppealReport): string {
  const decided = decisions.map(({ ceiling, status }) => `${ceiling} usd ${status}`).join(', ');
  return `${agentId} asked for ${actionType}: ${decided} and used once (event ${action.eventId})`;
}

/** The agent asks, and the arbiter reads exactly that in the inbox and decides. */
async function appeal(scene: Scene, { wish, because, verb, reason, isKnown = false }: Appeal): Promise<AppealDecision> {
  const { username, session } = scene.stage.people.arbiter;
  const asked = await askPeople(scene.client, credentialOf(scene.stage, PAYER), wish, because);
  const cost = decimalOfNano(wish.costNano);
  scene.tell(PAYER, `asks for ${wish.actionType} of ${cost} usd: ${because}`);
  const found = (await readInbox(scene.client, session)).find(({ id }) => id === asked.id);
  if (!found) throw new CliError(`what ${PAYER} asked for is not in the inbox`, EXIT.failed);
  show(scene, username, found, isKnown);
  const { id, status, decided_event_id: eventId } = await decide(scene.client, session, asked.id, verb, reason);
  if (verb === 'deny') scene.warn(username, `denies it: ${reason}`);
  else scene.tell(username, `approves it: ${reason}`);
  return { id, ceiling: cost, obstacle: found.obstacle?.code ?? null, status, reason, eventId };
}

/** What the arbiter sees before a decision. */
function show(scene: Scene, username: string, found: EscalationDetail, isKnown: boolean): void {
  const { payload, payload_sha256: digest, ceiling, obstacle, seconds_left: left } = found;
  if (canonicalSha256(PAYLOAD) !== digest)
    throw new CliError('the inbox has another payload than was sent', EXIT.failed);
  const most = ceiling.map(({ amount, unit }) => `${decimalOfNano(nanoOfNumber(amount))} ${unit}`).join(', ');
  scene.tell(username, `reads in the inbox: ${found.agent_id}, ${found.action_type}, at most ${most}`);
  if (isKnown) {
    scene.tell('', 'the same payload');
  } else {
    scene.tell('', `payload ${JSON.stringify(payload)}`);
    scene.tell('', `sha256 ${digest}`);
    scene.tell('', `in the way: ${obstacle === null ? 'nothing' : `${obstacle.code}, ${obstacle.detail}`}`);
  }
  scene.tell('', `${Math.ceil((left ?? 0) / 60)} minutes left to decide, else it expires`);
}
