import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { cosign, cosignedAt, parseWitnessKey, witnessKeyOf, type WitnessKey } from './cosignature.js';
import { noteText, parseNote, type Note } from './note.js';
import { parseVerifierKey, verifierKeyOf } from './vkey.js';

/** A checkpoint that a public log published in May 2026 with cosignatures of public witnesses. */
const PUBLISHED = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
const PUBLISHED_AT = 0x6a122120;
/** Keys as the witnesses publish them. */
const PUBLISHED_KEYS = [
  'witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO',
  'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
  'witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv',
];

const { privateKey } = generateKeyPairSync('ed25519');
const key = witnessKeyOf(privateKey, 'witness.example/w1');
const text = 'log.example/one\n17\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const TIME = 1_679_315_147;

const cosigned = (...times: number[]): Note => ({
  text,
  signatures: times.map((time) => cosign(text, time, privateKey, key)),
});

function read<T>(value: T | null): T {
  if (value === null) throw new Error('it is none');
  return value;
}

describe('a cosignature', () => {
  it.each(PUBLISHED_KEYS)('of %s holds on a published checkpoint, and not on another text', (vkey) => {
    const witness = read<WitnessKey>(parseWitnessKey(vkey));
    const note = read(parseNote(PUBLISHED));
    expect(cosignedAt(note, witness)).toBe(PUBLISHED_AT);
    expect(cosignedAt({ ...note, text: note.text.replace('1432088532', '1432088533') }, witness)).toBeNull();
  });

  it('has its time in front, as in the example of C2SP tlog-cosignature', () => {
    const [example] = read(
      parseNote(
        `${text}\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n`,
      ),
    ).signatures;
    const [own] = cosigned(TIME).signatures;
    expect(own?.bytes.subarray(0, 8)).toEqual(example?.bytes.subarray(0, 8));
    expect(own?.bytes).toHaveLength(example?.bytes.length ?? 0);
  });

  it('is read as it was written, on the note of the log', () => {
    const note = read(parseNote(noteText(cosigned(TIME))));
    expect(cosignedAt(note, key)).toBe(TIME);
    expect(cosignedAt(cosigned(TIME, TIME + 9, TIME + 3), key)).toBe(TIME + 9);
  });

  it('is of its key, name, text and time alone', () => {
    const note = cosigned(TIME);
    expect(cosignedAt(note, witnessKeyOf(generateKeyPairSync('ed25519').privateKey, key.name))).toBeNull();
    expect(cosignedAt(note, witnessKeyOf(privateKey, 'witness.example/w2'))).toBeNull();
    expect(cosignedAt({ ...note, text: `${text}extension\n` }, key)).toBeNull();
    expect(cosignedAt({ text, signatures: [] }, key)).toBeNull();
    const changed = note.signatures.map((signature) => ({ ...signature, bytes: Buffer.from(signature.bytes) }));
    changed[0]?.bytes.writeBigUInt64BE(BigInt(TIME + 1));
    expect(cosignedAt({ text, signatures: changed }, key)).toBeNull();
    expect(cosignedAt({ text, signatures: [...note.signatures, ...changed] }, key)).toBeNull();
    const short = note.signatures.map((signature) => ({ ...signature, bytes: signature.bytes.subarray(8) }));
    expect(cosignedAt({ text, signatures: short }, key)).toBeNull();
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('has no time %d', (time) => {
    expect(() => cosign(text, time, privateKey, key)).toThrow(RangeError);
  });
});

describe("a witness's key", () => {
  it('is read as it is published, and is not that of a log', () => {
    expect(parseWitnessKey(key.text)).toMatchObject({ name: key.name, id: key.id, text: key.text });
    expect(parseVerifierKey(key.text)).toBeNull();
    expect(parseWitnessKey(verifierKeyOf(privateKey, key.name).text)).toBeNull();
    expect(parseWitnessKey(key.text.replace('w1', 'w2'))).toBeNull();
  });
});
