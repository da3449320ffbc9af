// Messages of a provider as long as FranceConnect's, made by `jose`: on standard input, our private keys in PEM by the name of
// the algorithm with which the provider encrypts for them; on standard output, what benches/logins.rs reads.

import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';

const provider = createRequire(new URL('../../tests/provider/provider.mjs', import.meta.url));
const { CompactEncrypt, SignJWT } = await import(provider.resolve('jose'));

const now = Math.floor(Date.now() / 1000);
const hex64 = () => crypto.randomBytes(32).toString('hex');
const common = { sub: `${hex64()}v1`, aud: hex64(), iss: 'https://fcp.example/api/v2', iat: now, exp: now + 600 };
const nonce = hex64();
const idToken = { ...common, nonce, acr: 'eidas1', auth_time: now, amr: ['fc', 'pwd'] };
const userinfo = {
  ...common,
  given_name: 'Maëlle Solange Odile',
  given_name_array: ['Maëlle', 'Solange', 'Odile'],
  family_name: 'TESTAUBIER',
  birthdate: '1984-04-17',
  gender: 'female',
  birthplace: '2A004',
  birthcountry: '99100',
  email: 'maelle.testaubier@example.org',
};

const pairs = {
  ES256: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const keys = Object.entries(pairs).map(([alg, { publicKey }]) => ({
  ...publicKey.export({ format: 'jwk' }),
  kid: alg,
  use: 'sig',
  alg,
}));
const sign = (alg, claims) =>
  new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(pairs[alg].privateKey);

const encrypted = Object.entries(JSON.parse(fs.readFileSync(0, 'utf8'))).map(async ([name, pem]) => {
  const alg = name.split(',')[0];
  const key = crypto.createPublicKey(pem);
  const text = new TextEncoder().encode(await sign('ES256', idToken));
  const token = await new CompactEncrypt(text).setProtectedHeader({ alg, enc: 'A256GCM', cty: 'JWT' }).encrypt(key);
  return { name, alg, pem, token };
});
const signed = Object.keys(pairs).map(async (alg) => ({
  alg,
  id_token: await sign(alg, idToken),
  userinfo: await sign(alg, userinfo),
}));
console.log(
  JSON.stringify({
    issuer: common.iss,
    client_id: common.aud,
    nonce,
    now,
    jwks: { keys },
    signed: await Promise.all(signed),
    encrypted: await Promise.all(encrypted),
  }),
);
