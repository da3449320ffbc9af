// Every way to sign a token, right and wrong, and every way to write it down.

import crypto from 'node:crypto';

const FAMILY = { ES256: 'ES256', RS256: 'RS256', PS256: 'RS256', RS384: 'RS256', RS512: 'RS256' };

/*
 * Modes: "own" the provider's key; "own:ES256", "own:RS256", "own:PS256", "own:RS384", "own:RS512" one of its keys by
 * algorithm; "foreign" a key that is not the provider's, under the provider's kid; "hmac:pem", "hmac:der", "hmac:jwk"
 * HS256 with the public key as the secret; "hmac:secret" with the client's (`secret`); "none" alg none, no signature;
 * "empty" the algorithm is named, the signature is missing; "keep" the signature of the unaltered token; "flip" one bit
 * of a good signature; "zero" as many zero bytes; "der" ECDSA in DER; "long" one byte more; "short" one byte less;
 * "r=0", "s=0", "r=n" half of an ECDSA signature is out of bounds; "high-s" its other good form; "EdDSA", "ES256K",
 * "ES384" another curve.
 */
export const sign = {
  /** The header that fits the mode, before the test's own edits. */
  header(mode, header, keys) {
    const [kind, alg] = mode.split(':');
    if (kind === 'own' && alg) return { ...header, alg, kid: keys.own[FAMILY[alg]].kid };
    if (kind === 'hmac') return { ...header, alg: 'HS256' };
    if (['none', 'EdDSA', 'ES256K', 'ES384'].includes(kind)) return { ...header, alg: kind };
    return header;
  },

  signature(mode, input, { before, alg, keys, secret }) {
    const [kind, detail] = mode.split(':');
    const good = () => raw(alg, input, keys.own[FAMILY[alg]].privateKey);
    switch (kind) {
      case 'own':
        return raw(detail ?? alg, input, keys.own[FAMILY[detail ?? alg]].privateKey);
      case 'foreign':
        return raw(alg, input, keys.foreign[FAMILY[alg]].privateKey);
      case 'hmac':
        return crypto.createHmac('sha256', publicAsSecret(detail, keys.own[FAMILY[alg] ?? keys.alg], secret)).update(input).digest();
      case 'none':
      case 'empty':
        return Buffer.alloc(0);
      case 'keep':
        return before;
      case 'flip': {
        const signature = good();
        signature[signature.length - 1] ^= 1;
        return signature;
      }
      case 'zero':
        return Buffer.alloc(good().length);
      case 'r=0':
        return Buffer.concat([Buffer.alloc(32), good().subarray(32)]);
      case 's=0':
        return Buffer.concat([good().subarray(0, 32), Buffer.alloc(32)]);
      case 'r=n':
        return Buffer.concat([number(ORDER), good().subarray(32)]);
      case 'high-s':
        return highS(good());
      case 'der':
        return crypto.sign('sha256', Buffer.from(input), keys.own.ES256.privateKey);
      case 'long':
        return Buffer.concat([good(), Buffer.from([0])]);
      case 'short':
        return good().subarray(0, -1);
      case 'EdDSA':
        return crypto.sign(null, Buffer.from(input), crypto.generateKeyPairSync('ed25519').privateKey);
      case 'ES256K':
        return ecdsa('sha256', input, crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey);
      case 'ES384':
        return ecdsa('sha384', input, crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
      default:
        throw new Error(`no such way to sign: ${mode}`);
    }
  },
};

function raw(alg, input, key) {
  if (alg === 'ES256') return ecdsa('sha256', input, key);
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('RS')) return crypto.sign(hash, Buffer.from(input), key);
  return crypto.sign(hash, Buffer.from(input), {
    key,
    padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
    saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
  });
}

function ecdsa(hash, input, key) {
  return crypto.sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

/** The order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function number(value) {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

/** Whoever has a signature (r, s) has (r, n - s) as well; the greater of the two. */
function highS(signature) {
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`);
  return Buffer.concat([signature.subarray(0, 32), number(s > ORDER / 2n ? s : ORDER - s)]);
}

function publicAsSecret(how, key, secret) {
  switch (how) {
    case 'pem':
      return key.publicKey.export({ format: 'pem', type: 'spki' });
    case 'der':
      return key.publicKey.export({ format: 'der', type: 'spki' });
    case 'jwk':
      return JSON.stringify(key.publicKey.export({ format: 'jwk' }));
    default:
      return secret ?? '';
  }
}

/** "compact", "flattened", "general", "detached", "padded", "standard", "four", "six", "two", "newline", "space", "after", "bom", "nested". */
export function shape(how, input, signature, keys) {
  const [header, payload] = input.split('.');
  const last = signature.toString('base64url');
  const compact = `${input}.${last}`;
  switch (how) {
    case 'compact':
      return compact;
    case 'flattened':
      return JSON.stringify({ payload, protected: header, signature: last });
    case 'general':
      return JSON.stringify({ payload, signatures: [{ protected: header, signature: last }] });
    case 'detached':
      return `${header}..${last}`;
    case 'padded':
      return `${compact}==`;
    case 'standard':
      return `${input}.${signature.toString('base64').replaceAll('=', '')}+/`;
    case 'four':
      return `${compact}.${last}`;
    case 'six':
      return `${compact}.${compact}`;
    case 'two':
      return input;
    case 'newline':
      return `${header}.\n${payload}.${last}`;
    case 'space':
      return `${header}. ${payload}.${last}`;
    case 'after':
      return `${compact}\n`;
    case 'bom':
      return `\ufeff${compact}`;
    case 'nested': {
      const alg = keys.alg;
      const outer = Buffer.from(JSON.stringify({ alg, kid: keys.own[alg].kid, cty: 'JWT' })).toString('base64url');
      const around = `${outer}.${Buffer.from(compact).toString('base64url')}`;
      return `${around}.${raw(alg, around, keys.own[alg].privateKey).toString('base64url')}`;
    }
    default:
      throw new Error(`no such way to write a token: ${how}`);
  }
}
