// What a tool server checks before it does anything: node:crypto alone, offline but for the keys, fetched once.
//   const check = await permitChecker('https://substrate.example.com', 'substrate.example.com/log');
//   const permit = check(request.headers['x-permit'], 'email.send', request.body); // throws unless it is paid for and recorded
import { createHash, createPublicKey, verify } from 'node:crypto';

export async function permitChecker(substrateUrl, logOrigin) {
  const { keys } = await (await fetch(new URL('/.well-known/jwks.json', substrateUrl))).json();
  return (token, actionType, payload) => {
    const [head, body, signature] = token.split('.');
    const { alg, typ, kid } = parse(head);
    const jwk = keys.find((key) => key.kid === kid && key.alg === 'EdDSA');
    if (alg !== 'EdDSA' || typ !== 'permit+jwt' || !jwk) throw new Error('this is no permit of that substrate');
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
      throw new Error('the signature does not hold');
    const permit = parse(body);
    if (permit.iss !== logOrigin) throw new Error('the permit is of another log');
    if (!(permit.exp > Date.now() / 1000)) throw new Error('the lease is over: the agent must renew it');
    if (permit.action_type !== actionType) throw new Error('the permit is for something else');
    if (permit.payload_sha256 !== digest(payload)) throw new Error('the permit is for another payload');
    return permit;
  };
}

const parse = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
const digest = (payload) =>
  payload === undefined ? null : createHash('sha256').update(canonical(payload)).digest('hex');

/** RFC 8785: no white space, members in order, numbers and strings as ECMAScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
