import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactRange, eventHash } from '../../src/event-log/chain.js';
import { rootOfHashes } from '../../src/event-log/merkle/tile.js';
import { consistencyProof } from '../../src/event-log/merkle/tree.js';
import { addCheckpointText } from '../../src/event-log/note/add-checkpoint.js';
import { checkpointText } from '../../src/event-log/note/checkpoint.js';
import { noteText } from '../../src/event-log/note/note.js';
import { signText, verifierKeyOf, type VerifierKey } from '../../src/event-log/note/vkey.js';

/** A log in memory that signs what it is told to, also what an honest log never would. */
export interface SyntheticLog {
  readonly key: VerifierKey;
  readonly size: number;
  /** Adds so many leaves. */
  grow(leaves: number): void;
  /** A log with the same name, key and leaves, and from then on another history. */
  fork(branch: string): SyntheticLog;
  /** The same leaves under another key of the log. */
  withNewKey(): SyntheticLog;
  /** The text of a checkpoint of the first `size` leaves. */
  text(size?: number): string;
  /** That checkpoint as a signed note. */
  checkpoint(size?: number): string;
  /** An add-checkpoint request for a witness that remembers `oldSize`. */
  request(oldSize: number, size?: number): Promise<string>;
}

export function syntheticLog(origin: string): SyntheticLog {
  return logOf(origin, newKey(), [], 'trunk');
}

function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

function logOf(origin: string, privateKey: KeyObject, leaves: Buffer[], branch: string): SyntheticLog {
  const key = verifierKeyOf(privateKey, origin);
  const text = (size = leaves.length): string => {
    const range = CompactRange.empty();
    for (const leaf of leaves.slice(0, size)) range.append(leaf);
    return checkpointText({ origin, size, root: range.root() });
  };
  const checkpoint = (size?: number): string =>
    noteText({ text: text(size), signatures: [signText(text(size), { privateKey, verifier: key })] });
  return {
    key,
    get size() {
      return leaves.length;
    },
    grow: (n) => {
      for (let i = 0; i < n; i += 1) leaves.push(eventHash(Buffer.from(`${branch} ${leaves.length}`)));
    },
    fork: (other) => logOf(origin, privateKey, [...leaves], other),
    withNewKey: () => logOf(origin, newKey(), leaves, branch),
    text,
    checkpoint,
    request: async (oldSize, size = leaves.length) => {
      const proof = await consistencyProof(oldSize, size, (subtrees) =>
        Promise.resolve(
          subtrees.map(({ height, index }) =>
            rootOfHashes(Buffer.concat(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height))),
          ),
        ),
      );
      return addCheckpointText({ oldSize, proof, checkpoint: checkpoint(size) });
    },
  };
}
