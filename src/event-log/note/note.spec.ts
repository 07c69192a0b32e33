import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkpointText, parseCheckpoint } from './checkpoint.js';
import { noteText, parseNote } from './note.js';
import { isSignedBy, parseVerifierKey, signText, verifierKeyOf } from './vkey.js';

const { privateKey } = generateKeyPairSync('ed25519');
const key = verifierKeyOf(privateKey, 'log.example/one');
const text = checkpointText({ origin: key.name, size: 17, root: Buffer.alloc(32, 7) });
const signed = noteText({ text, signatures: [signText(text, { privateKey, verifier: key })] });

describe('a note', () => {
  it('is read as it was written, and its signature holds for its text and key alone', () => {
    const note = parseNote(signed);
    if (!note) throw new Error('no note');
    expect(noteText(note)).toBe(signed);
    expect(isSignedBy(note, key)).toBe(true);
    expect(isSignedBy({ ...note, text: text.replace('17', '18') }, key)).toBe(false);
    const other = verifierKeyOf(generateKeyPairSync('ed25519').privateKey, key.name);
    expect(isSignedBy(note, other)).toBe(false);
    expect(isSignedBy(note, verifierKeyOf(privateKey, 'log.example/two'))).toBe(false);
  });

  it('may have further signatures, also by keys that nobody here knows', () => {
    const line = `— someone.example/x ${Buffer.alloc(40, 1).toString('base64')}\n`;
    const note = parseNote(`${signed}${line}`);
    expect(note?.signatures.map(({ name }) => name)).toEqual([key.name, 'someone.example/x']);
    expect(note && isSignedBy(note, key)).toBe(true);
  });

  it('may have a text with blank lines', () => {
    expect(parseNote(`a\n\nb\n\n${signed.split('\n\n')[1] ?? ''}`)?.text).toBe('a\n\nb\n');
  });

  it.each([
    ['', 'nothing'],
    [text, 'no signature'],
    [signed.slice(0, -1), 'no end of line'],
    [signed.replace('— ', '- '), 'another dash'],
    [signed.replace(/ (\S+)\n$/, ' AAAA\n'), 'a signature of a key id alone'],
    [signed.replace(/\n$/, ' x\n'), 'more on the line'],
    [`${signed}\n`, 'a blank line at the end'],
    [`${'x'.repeat(70_000)}\n\n`, 'too much'],
  ])('is not %j: %s', (whole) => {
    expect(parseNote(whole)).toBeNull();
  });
});

describe('a verifier key', () => {
  it('is read as it is published, with its id checked', () => {
    expect(parseVerifierKey(key.text)).toMatchObject({ name: key.name, id: key.id, text: key.text });
  });

  it.each([
    ['another name', key.text.replace('one', 'two')],
    ['another id', key.text.replace(/\+.{8}\+/, '+00000000+')],
    ['a shorter key', key.text.slice(0, -4)],
    ['another kind of key', key.text.replace(/\+A(\S+)$/, '+B$1')],
    ['a space', ` ${key.text}`],
    ['nothing', ''],
  ])('with %s is none', (_, changed) => {
    expect(parseVerifierKey(changed)).toBeNull();
  });
});

describe('a checkpoint', () => {
  it('is read as it was written, with or without extensions', () => {
    expect(parseCheckpoint(text)).toEqual({ origin: key.name, size: 17, root: Buffer.alloc(32, 7) });
    expect(parseCheckpoint(`${text}extension\n`)).toMatchObject({ size: 17 });
  });

  it.each([
    text.replace('17', '017'),
    text.replace('17', '-1'),
    text.replace('17', '9007199254740993'),
    text.replace(/\n[^\n]+\n$/, '\nAAAA\n'),
    text.replace(/^[^\n]+/, ''),
    'x\n1\n',
  ])('is not %j', (other) => {
    expect(parseCheckpoint(other)).toBeNull();
  });
});
