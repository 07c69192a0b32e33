import type { WitnessAddress } from '../../platform/config/config.js';
import type { TileReader } from '../merkle/tile-reader.js';
import { consistencyProof } from '../merkle/tree.js';
import { addCheckpointText, SIZE_MEDIA_TYPE } from '../note/add-checkpoint.js';
import type { Checkpoint } from '../note/checkpoint.js';
import { cosignedAt, parseWitnessKey, type WitnessKey } from '../note/cosignature.js';
import { parseNote, signatureLine, signaturesOf } from '../note/note.js';
import { isAbandoned } from '../verification/succession.js';
import { BrokenPromiseError } from './anchoring.errors.js';
import type { CheckpointSigner } from './checkpoint-signer.js';
import type { StoredCheckpoint } from './checkpoint.repository.js';
import type { Delivery, Sink } from './sink.js';

/** Longest wait for a witness's answer, in ms. */
const ANSWER_MS = 3_000;
/** Largest answer that is read, in bytes: a few signature lines. */
const ANSWER_BYTES_MAX = 16 * 1024;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A witness that cosigns the newest checkpoint when it goes on from the one that it cosigned last (C2SP tlog-witness). */
export class WitnessSink implements Sink {
  readonly name: string;
  readonly kind = 'witness';
  private readonly key: WitnessKey;
  private readonly url: URL;
  /** Size that the witness has; it is asked by offering something. */
  private known = 0;

  /** @throws TypeError when the key is none of a witness */
  constructor(
    { vkey, url }: WitnessAddress,
    private readonly tiles: TileReader,
    private readonly signer: CheckpointSigner,
  ) {
    const key = parseWitnessKey(vkey);
    if (!key) throw new TypeError(`WITNESSES: "${vkey}" is no verifier key of a witness (C2SP tlog-cosignature)`);
    this.key = key;
    this.name = `witness:${key.name}`;
    this.url = new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`);
  }

  /** A witness has no way to be asked; it tells when it is offered a checkpoint. */
  newest(): Promise<Checkpoint | null> {
    return Promise.resolve(null);
  }

  async deliver({ note, size }: StoredCheckpoint): Promise<Delivery> {
    let answer = await this.offer(note, size);
    const told = sizeTold(answer);
    if (told !== null && told !== this.known) {
      this.known = told;
      await this.checkNotAhead(told, size);
      answer = await this.offer(note, size);
    }
    if (answer.status === 200) return this.cosigned(note, size, answer.text);
    if (answer.status === 422 || answer.status === 409) await this.otherHistory(size);
    throw new Error(`the witness answers ${answer.status}: ${answer.text.slice(0, 200).trim()}`);
  }

  private async offer(note: string, size: number): Promise<Answer> {
    const from = Math.min(this.known, size);
    const proof = await consistencyProof(from, size, this.tiles.subtrees);
    const signal = AbortSignal.timeout(ANSWER_MS);
    const body = addCheckpointText({ oldSize: from, proof, checkpoint: note });
    const response = await fetch(this.url, { method: 'POST', body, signal, redirect: 'error' });
    const text = (await response.text()).slice(0, ANSWER_BYTES_MAX);
    return { status: response.status, type: response.headers.get('content-type') ?? '', text };
  }

  /** A witness has more than the log? Then another replica was quicker, or the log lost something. */
  private async checkNotAhead(told: number, size: number): Promise<void> {
    if (told <= size) return;
    const { head, history } = await this.signer.read();
    if (isAbandoned(told, history.recoveries))
      throw new Error(`it remembers ${told} events, which a recovery gave up: its operator must make it forget them`);
    if (told > head.size) {
      throw new BrokenPromiseError(
        `the log has ${head.size} events, but ${this.name} has cosigned a checkpoint of ${told}: events are gone, as after a restore from an older backup`,
      );
    }
    throw new Error(`it has ${told} events already; the next checkpoint will do`);
  }

  private async otherHistory(size: number): Promise<void> {
    const { history } = await this.signer.read();
    if (isAbandoned(this.known, history.recoveries))
      throw new Error(`it remembers events that a recovery gave up: its operator must make it forget them`);
    throw new BrokenPromiseError(
      `the log is not what it was: ${this.name} has cosigned ${this.known} events that are not the beginning of these ${size}`,
    );
  }

  private cosigned(note: string, size: number, lines: string): Delivery {
    const whole = parseNote(`${note}${lines}`);
    const ours = whole && { text: whole.text, signatures: signaturesOf(whole, this.key) };
    const [signature] = ours?.signatures ?? [];
    if (!ours || !signature || cosignedAt(ours, this.key) === null)
      throw new Error('the witness answers without a cosignature of its key');
    this.known = size;
    return { size, cosignature: signatureLine(signature) };
  }
}

/** The size in an answer 409, or null. */
function sizeTold({ status, type, text }: Answer): number | null {
  if (status !== 409 || !type.startsWith(SIZE_MEDIA_TYPE)) return null;
  const size = /^(0|[1-9]\d{0,15})\n?$/.exec(text)?.[1];
  return size === undefined ? null : Number(size);
}
