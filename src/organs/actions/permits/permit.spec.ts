import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Config } from '../../../platform/config/config.js';
import { leaseEnd, payloadDigest, permitClaims } from './permit.js';
import { PermitKey } from './permit-key.js';

const keyOf = (secretKey: string): PermitKey => new PermitKey(Object.assign(new Config(), { secretKey }));
const NOON = '2026-01-31T12:00:00.900000Z';

describe('a permit', () => {
  it('names an action, and ends with its lease or before, at a whole second', () => {
    const action = {
      actionId: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
      agentId: 'a',
      actionType: 'email.send',
      payloadSha256: null,
      event: { id: 17, hash: 'ab' },
    };
    expect(permitClaims('o/log', action, { from: NOON, to: '2026-01-31T12:01:00.100000Z' })).toEqual({
      iss: 'o/log',
      sub: 'a',
      action_id: action.actionId,
      action_type: 'email.send',
      payload_sha256: null,
      event_id: 17,
      event_hash: 'ab',
      iat: 1_769_860_800,
      exp: 1_769_860_860,
    });
  });

  it('has the digest of the payload whatever the order of its members, and none of no payload', () => {
    expect(payloadDigest({ b: 1, a: 2 })).toBe(payloadDigest({ a: 2, b: 1 }));
    // echo -n '{}' | sha256sum
    expect(payloadDigest({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(payloadDigest(undefined)).toBeNull();
  });

  it('never outlives the hold', () => {
    expect(leaseEnd(NOON, 60, '2026-01-31T12:15:00.900000Z')).toBe('2026-01-31T12:01:00.900000Z');
    expect(leaseEnd(NOON, 60, '2026-01-31T12:00:30.000000Z')).toBe('2026-01-31T12:00:30.000000Z');
  });
});

describe('the key of permits', () => {
  it('is the same wherever the secret is, and signs the same claims alike', async () => {
    const [one, two, other] = [keyOf('x'.repeat(32)), keyOf('x'.repeat(32)), keyOf('y'.repeat(32))];
    expect(one.jwk).toEqual(two.jwk);
    expect(one.jwk.kid).not.toBe(other.jwk.kid);
    const token = await one.token({ sub: 'a' });
    expect(await two.token({ sub: 'a' })).toBe(token);
    expect(await other.token({ sub: 'a' })).not.toBe(token);
  });

  it('makes tokens that its public key verifies', async () => {
    const key = keyOf('x'.repeat(32));
    const [head = '', body = '', signature = ''] = (await key.token({ sub: 'a' })).split('.');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      typ: 'permit+jwt',
      kid: key.jwk.kid,
    });
    const { x, kty, crv } = key.jwk;
    const publicKey = createPublicKey({ key: { x, kty, crv }, format: 'jwk' });
    const isValid = (text: string): boolean =>
      verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64url'));
    expect(isValid(`${head}.${body}`)).toBe(true);
    expect(isValid(`${head}.${body}x`)).toBe(false);
  });
});
