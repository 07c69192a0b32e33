import { nodeHash } from '../chain.js';

/** A perfect subtree: the leaves from `index * 2^height` up to `(index + 1) * 2^height`, the last one not included. */
export interface Subtree {
  readonly height: number;
  readonly index: number;
}

/** Reads the roots of perfect subtrees, in the order asked for. */
export type SubtreeReader = (subtrees: readonly Subtree[]) => Promise<readonly Buffer[]>;

/** The perfect subtrees that make up the leaves `from` to `to` (not included), left to right; largest possible first. */
export function subtreesOf(from: number, to: number): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = from; at < to;) {
    let height = 0;
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 <= to) {
      size *= 2;
      height += 1;
    }
    subtrees.push({ height, index: at / size });
    at += size;
  }
  return subtrees;
}

/** MTH of RFC 9162, section 2.1.1, over the roots of the subtrees that `subtreesOf` gave; at least one. */
function fold(roots: readonly Buffer[]): Buffer {
  const last = roots.at(-1);
  if (last === undefined) throw new RangeError('a root of no leaves');
  return roots.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** Ranges of leaves whose roots make up a proof, bottom up. */
type Span = readonly [from: number, to: number];

/** Largest power of two below `n`, for n above 1. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** PATH(m, D[n]) of RFC 9162, section 2.1.3.1, as ranges of leaves. */
function inclusionSpans(leaf: number, size: number): Span[] {
  const spans: Span[] = [];
  for (let [from, to] = [0, size]; to - from > 1;) {
    const middle = from + splitOf(to - from);
    if (leaf < middle) {
      spans.push([middle, to]);
      to = middle;
    } else {
      spans.push([from, middle]);
      from = middle;
    }
  }
  return spans.toReversed();
}

/** PROOF(m, D[n]) of RFC 9162, section 2.1.4.1, as ranges of leaves. */
function consistencySpans(first: number, second: number): Span[] {
  const spans: Span[] = [];
  let [from, to] = [0, second];
  // Whether the subtree that is left is the whole of the first tree, whose root the verifier knows.
  let isWhole = true;
  while (to !== first) {
    const middle = from + splitOf(to - from);
    if (first <= middle) {
      spans.push([middle, to]);
      to = middle;
    } else {
      spans.push([from, middle]);
      from = middle;
      isWhole = false;
    }
  }
  if (!isWhole) spans.push([from, to]);
  return spans.toReversed();
}

async function rootsOf(spans: readonly Span[], read: SubtreeReader): Promise<Buffer[]> {
  const parts = spans.map(([from, to]) => subtreesOf(from, to));
  const roots = await read(parts.flat());
  let at = 0;
  return parts.map(({ length }) => fold(roots.slice(at, (at += length))));
}

/** The root of the first `size` leaves; `size` is above 0. */
export async function treeRoot(size: number, read: SubtreeReader): Promise<Buffer> {
  return fold(await read(subtreesOf(0, size)));
}

/** @throws RangeError unless 0 <= leaf < size */
export function inclusionProof(leaf: number, size: number, read: SubtreeReader): Promise<Buffer[]> {
  if (!Number.isSafeInteger(leaf) || leaf < 0 || leaf >= size)
    throw new RangeError(`leaf ${leaf} is not below ${size}`);
  return rootsOf(inclusionSpans(leaf, size), read);
}

/** Proof that the first tree is the beginning of the second; none is needed for an empty or the same tree. */
export function consistencyProof(first: number, second: number, read: SubtreeReader): Promise<Buffer[]> {
  if (!Number.isSafeInteger(first) || first < 0 || first > second)
    throw new RangeError(`size ${first} is not up to ${second}`);
  return first === 0 || first === second ? Promise.resolve([]) : rootsOf(consistencySpans(first, second), read);
}

/** The root that a proof leads to from a leaf (RFC 9162, section 2.1.3.2), or null when it has the wrong length. */
export function rootOfInclusion(leaf: number, size: number, leafHash: Buffer, proof: readonly Buffer[]): Buffer | null {
  if (leaf >= size) return null;
  let [fn, sn] = [leaf, size - 1];
  let root = leafHash;
  for (const hash of proof) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(hash, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      root = nodeHash(root, hash);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? root : null;
}

/** Whether a proof leads from the root of the first tree to that of the second (RFC 9162, section 2.1.4.2). */
export function isConsistent(
  first: { readonly size: number; readonly root: Buffer },
  second: { readonly size: number; readonly root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && first.root.equals(second.root);
  if (first.size === 0) return proof.length === 0;
  // A first tree that is a perfect subtree is its own first node.
  const [start, ...rest] = subtreesOf(0, first.size).length === 1 ? [first.root, ...proof] : proof;
  if (start === undefined) return false;
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let [old, now] = [start, start];
  for (const hash of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      old = nodeHash(hash, old);
      now = nodeHash(hash, now);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      now = nodeHash(now, hash);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && old.equals(first.root) && now.equals(second.root);
}
