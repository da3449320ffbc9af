// The provider's keys, and keys that are not the provider's.

import crypto from 'node:crypto';

export class Keys {
  constructor(alg) {
    this.alg = alg;
    this.own = { ES256: ec('test:ES256:1'), RS256: rsa('test:RS256:1') };
    // Same kid as the provider's key, another key: what a liar signs with.
    this.foreign = { ES256: ec('test:ES256:1'), RS256: rsa('test:RS256:1') };
  }

  /** For oidc-provider: FranceConnect lists ES256 first, then RS256. */
  get jwks() {
    return { keys: ['ES256', 'RS256'].map((alg) => ({ ...this.own[alg].privateKey.export({ format: 'jwk' }), ...this.names(this.own[alg], alg) })) };
  }

  /** What a test may put into a JWKS or a header. */
  get published() {
    const list = (keys) => Object.fromEntries(['ES256', 'RS256'].map((alg) => [alg, this.publicJwk(keys[alg], alg)]));
    return { alg: this.alg, own: list(this.own), foreign: list(this.foreign) };
  }

  publicJwk(key, alg) {
    return { ...this.names(key, alg), ...key.publicKey.export({ format: 'jwk' }) };
  }

  names(key, alg) {
    return { kid: key.kid, use: 'sig', alg };
  }
}

function ec(kid) {
  return { kid, ...crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

function rsa(kid) {
  return { kid, ...crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}
