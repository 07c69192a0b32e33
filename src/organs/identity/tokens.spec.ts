import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { Config } from '../../platform/config/config.js';
import { tokenHash } from '../../platform/random-token.js';
import { derivedKey, Tokens } from './tokens.js';

const config = (secretKey: string): Config => Object.assign(new Config(), { secretKey });
const SECRET = 'a secret of at least 32 characters';

describe('keys', () => {
  it('are derived for one purpose each, and are not the secret', () => {
    const [one, again, other, ofOther] = [
      derivedKey(config(SECRET), 'access-token'),
      derivedKey(config(SECRET), 'access-token'),
      derivedKey(config(SECRET), 'refresh-successor'),
      derivedKey(config(`${SECRET}!`), 'access-token'),
    ].map((key) => key.toString('hex'));
    expect(one).toBe(again);
    expect(new Set([one, other, ofOther, Buffer.from(SECRET).toString('hex')]).size).toBe(4);
    expect(one).toHaveLength(64);
  });
});

describe('a refresh token', () => {
  const tokens = new Tokens(config(SECRET), new JwtService());

  it('is random, of 32 bytes', () => {
    expect(tokens.newRefreshToken()).toMatch(/^er_[\w-]{43}$/);
    expect(tokens.newRefreshToken()).not.toBe(tokens.newRefreshToken());
  });

  it('has one successor, on every replica with the same secret and on no other', () => {
    const token = tokens.newRefreshToken();
    const successor = tokens.successorOf(token);
    expect(new Tokens(config(SECRET), new JwtService()).successorOf(token)).toBe(successor);
    expect(new Tokens(config(`${SECRET}!`), new JwtService()).successorOf(token)).not.toBe(successor);
    expect(successor).not.toBe(token);
    expect(successor).not.toContain(tokenHash(token));
  });
});
