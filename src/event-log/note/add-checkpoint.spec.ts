import { describe, expect, it } from '@jest/globals';
import { ADD_CHECKPOINT_BYTES_MAX, addCheckpointText, parseAddCheckpoint } from './add-checkpoint.js';
import { NOTE_BYTES_MAX, parseNote } from './note.js';

/** The example of C2SP tlog-witness. */
const EXAMPLE = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;

const HASH = 'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=';
const checkpoint = EXAMPLE.slice(EXAMPLE.indexOf('\n\n') + 2);

describe('an add-checkpoint request', () => {
  it('is read as the specification has it, and written the same', () => {
    const request = parseAddCheckpoint(EXAMPLE);
    if (!request) throw new Error('no request');
    expect(request).toMatchObject({ oldSize: 20_852_014, checkpoint });
    expect(request.proof.map((hash) => hash.toString('base64'))).toEqual(EXAMPLE.split('\n').slice(1, 5));
    expect(parseNote(request.checkpoint)?.signatures).toHaveLength(2);
    expect(addCheckpointText(request)).toBe(EXAMPLE);
  });

  it('has no proof when nothing was cosigned before', () => {
    const text = addCheckpointText({ oldSize: 0, proof: [], checkpoint });
    expect(text).toBe(`old 0\n\n${checkpoint}`);
    expect(parseAddCheckpoint(text)).toEqual({ oldSize: 0, proof: [], checkpoint });
  });

  it('has at most 63 lines of proof, and then fits its limit', () => {
    const request = { oldSize: Number.MAX_SAFE_INTEGER, proof: Array.from({ length: 63 }, () => Buffer.alloc(32)) };
    const text = addCheckpointText({ ...request, checkpoint });
    expect(parseAddCheckpoint(text)?.proof).toHaveLength(63);
    expect(Buffer.byteLength(text) - Buffer.byteLength(checkpoint) + NOTE_BYTES_MAX).toBe(ADD_CHECKPOINT_BYTES_MAX);
    expect(parseAddCheckpoint(text.replace('\n\n', `\n${HASH}\n\n`))).toBeNull();
    const proof = [...request.proof, Buffer.alloc(32)];
    expect(() => addCheckpointText({ oldSize: 1, proof, checkpoint })).toThrow(RangeError);
  });

  it.each([
    ['nothing', ''],
    ['no old size', EXAMPLE.replace(/^old.*\n/, '')],
    ['an old size with a leading zero', EXAMPLE.replace('old 2', 'old 02')],
    ['a negative old size', EXAMPLE.replace('old ', 'old -')],
    ['an old size that no number holds', EXAMPLE.replace(/old \d+/, 'old 9007199254740993')],
    ['two spaces', EXAMPLE.replace('old ', 'old  ')],
    ['other line ends', EXAMPLE.replaceAll('\n', '\r\n')],
    ['a short hash', EXAMPLE.replace(HASH, HASH.slice(4))],
    ['a hash in base64url', EXAMPLE.replace('5+pK', '5-pK')],
    ['a hash without padding', EXAMPLE.replace(HASH, HASH.slice(0, -1))],
    ['a hash with spare bits', EXAMPLE.replace(HASH, HASH.replace('kaw=', 'kax='))],
    ['no blank line', EXAMPLE.split('\n\n')[0] ?? ''],
    ['no checkpoint', 'old 0\n\n'],
  ])('with %s is none', (_, text) => {
    expect(parseAddCheckpoint(text)).toBeNull();
  });
});
