import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactRange, eventHash } from '../chain.js';
import { rootOfHashes } from './tile.js';
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  rootOfInclusion,
  subtreesOf,
  treeRoot,
  type SubtreeReader,
} from './tree.js';

/** The eight leaves of the published vectors of RFC 6962's reference implementation, and the roots of their first n. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const vectors = LEAVES.map((hex) => eventHash(Buffer.from(hex, 'hex')));
const leaves = Array.from({ length: 600 }, (_, i) => eventHash(Buffer.from(String(i))));

/** Reads subtrees of leaves in memory, by the definition. */
const reader =
  (all: readonly Buffer[]): SubtreeReader =>
  (subtrees) =>
    Promise.resolve(
      subtrees.map(({ height, index }) =>
        rootOfHashes(Buffer.concat(all.slice(index * 2 ** height, (index + 1) * 2 ** height))),
      ),
    );

function rangeRoot(size: number): Buffer {
  const range = CompactRange.empty();
  for (const leaf of leaves.slice(0, size)) range.append(leaf);
  return range.root();
}

const sizes = fc.integer({ min: 1, max: leaves.length });

describe('the tree', () => {
  it('has the published roots', async () => {
    for (const [i, root] of ROOTS.entries())
      expect((await treeRoot(i + 1, reader(vectors))).toString('hex')).toBe(root);
  });

  it('has the root of the compact range that the log keeps', async () => {
    for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 600])
      expect((await treeRoot(size, reader(leaves))).equals(rangeRoot(size))).toBe(true);
  });

  it('is covered by perfect subtrees without gap and overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 40 }), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        let at = from;
        for (const { height, index } of subtreesOf(from, to)) {
          expect(index * 2 ** height).toBe(at);
          at += 2 ** height;
        }
        expect(at).toBe(to);
      }),
    );
  });
});

describe('a proof of inclusion', () => {
  it('leads from its leaf to the root, and from nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, seed, other) => {
        const leaf = seed % size;
        const proof = await inclusionProof(leaf, size, reader(leaves));
        const root = rangeRoot(size);
        const hash = leaves[leaf] ?? Buffer.alloc(0);
        expect(rootOfInclusion(leaf, size, hash, proof)?.equals(root)).toBe(true);
        const wrong = other % size;
        if (wrong !== leaf) expect(rootOfInclusion(wrong, size, hash, proof)?.equals(root) ?? false).toBe(false);
        expect(rootOfInclusion(leaf, size, eventHash(hash), proof)?.equals(root) ?? false).toBe(false);
        expect(rootOfInclusion(leaf, size, hash, [...proof, hash])).toBeNull();
        if (proof.length > 0)
          expect(rootOfInclusion(leaf, size, hash, proof.slice(1))?.equals(root) ?? false).toBe(false);
      }),
    );
  });

  it('is made for leaves of the tree alone', () => {
    for (const leaf of [-1, 3, 0.5, Number.NaN])
      expect(() => inclusionProof(leaf, 3, reader(leaves))).toThrow(RangeError);
    expect(rootOfInclusion(3, 3, vectors[0] ?? Buffer.alloc(0), [])).toBeNull();
  });
});

describe('a proof of consistency', () => {
  it('leads from the root of the first tree to that of the second, and not from or to another', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (a, b) => {
        const [m, n] = [Math.min(a, b), Math.max(a, b)];
        const proof = await consistencyProof(m, n, reader(leaves));
        const [first, second] = [m, n].map((size) => ({ size, root: rangeRoot(size) })) as never as [
          { size: number; root: Buffer },
          { size: number; root: Buffer },
        ];
        expect(isConsistent(first, second, proof)).toBe(true);
        const forged = createHash('sha256').update('x').digest();
        expect(isConsistent({ ...first, root: forged }, second, proof)).toBe(false);
        expect(isConsistent(first, { ...second, root: forged }, proof)).toBe(false);
        expect(isConsistent(first, second, [...proof, forged])).toBe(false);
        if (proof.length > 0) {
          expect(isConsistent(first, second, proof.slice(1))).toBe(false);
          expect(isConsistent(first, second, [forged, ...proof.slice(1)])).toBe(false);
        }
        if (m < n) expect(isConsistent(second, first, proof)).toBe(false);
      }),
    );
  });

  it('is made for a first tree up to the second alone', () => {
    for (const first of [-1, 4, 1.5]) expect(() => consistencyProof(first, 3, reader(leaves))).toThrow(RangeError);
  });
});
