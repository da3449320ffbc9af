// An encrypted token, opened with the private key of whom it is for and sealed again, right or wrong. By hand, over the
// primitives of Node: a library would refuse to write most of what is needed here. What is not a lie, `jose` encrypted.
//
// `seal` of a lie:
//   header    edits of the JSON in the protected header
//   key       "own" (default) | "foreign": a stranger's, under the same kid
//   spoil     "wrapped" | "iv" | "ciphertext" | "tag": one bit of it; "tag:short": a byte less
//   point     "beside": an ephemeral key that is not on the curve
//   content   what is in it instead of the signed token; { "$": "nested" }: an encrypted token in turn
//   bare      true: the signed token, not encrypted at all

import crypto from 'node:crypto';

const HASH = { 'RSA-OAEP': 'sha1', 'RSA-OAEP-256': 'sha256' };

/** { header, signed } of a token, by the private key in PEM. */
export function open(token, pem) {
  const [head, wrapped, iv, ciphertext, tag] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url'));
  const privateKey = crypto.createPrivateKey(pem);
  const key = HASH[header.alg]
    ? crypto.privateDecrypt({ key: privateKey, ...oaep(header.alg) }, Buffer.from(wrapped, 'base64url'))
    : derive(crypto.createPublicKey({ key: header.epk, format: 'jwk' }), privateKey, header);
  const opening = crypto.createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'));
  opening.setAAD(Buffer.from(head)).setAuthTag(Buffer.from(tag, 'base64url'));
  const signed = Buffer.concat([opening.update(Buffer.from(ciphertext, 'base64url')), opening.final()]);
  return { header, signed: signed.toString('utf8') };
}

/** A token for the owner of the private key in PEM. `editHeader` makes the text of
 *  the protected header of the one that was opened. */
export function seal({ header, signed }, pem, how, editHeader) {
  if (how.bare) return signed;
  const ours = crypto.createPublicKey(crypto.createPrivateKey(pem));
  const recipient = how.key === 'foreign' ? stranger(ours) : ours;
  const content = how.content?.$ === 'nested' ? seal({ header, signed }, pem, {}, JSON.stringify) : (how.content ?? signed);
  const { key, wrapped, epk } = keyFor(recipient, header);
  const told = editHeader({ ...header, ...(epk && { epk: how.point === 'beside' ? { ...epk, y: epk.x } : epk }) });
  const head = Buffer.from(told).toString('base64url');
  const iv = crypto.randomBytes(12);
  const sealing = crypto.createCipheriv('aes-256-gcm', key, iv);
  sealing.setAAD(Buffer.from(head));
  const ciphertext = Buffer.concat([sealing.update(Buffer.from(content)), sealing.final()]);
  const parts = { wrapped, iv, ciphertext, tag: sealing.getAuthTag() };
  const [part, shorter] = (how.spoil ?? '').split(':');
  if (shorter) parts[part] = parts[part].subarray(0, -1);
  else if (part) parts[part][0] ^= 1;
  return [head, ...['wrapped', 'iv', 'ciphertext', 'tag'].map((name) => parts[name].toString('base64url'))].join('.');
}

function keyFor(recipient, header) {
  if (HASH[header.alg]) {
    const key = crypto.randomBytes(32);
    return { key, wrapped: crypto.publicEncrypt({ key: recipient, ...oaep(header.alg) }, key) };
  }
  const ephemeral = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = derive(recipient, ephemeral.privateKey, header);
  return { key, wrapped: Buffer.alloc(0), epk: ephemeral.publicKey.export({ format: 'jwk' }) };
}

function oaep(alg) {
  return { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: HASH[alg] };
}

/** RFC 7518, section 4.6: the Concat KDF, one round. */
function derive(publicKey, privateKey, { enc, apu = '', apv = '' }) {
  const shared = crypto.diffieHellman({ publicKey, privateKey });
  const parts = [Buffer.from(enc), Buffer.from(apu, 'base64url'), Buffer.from(apv, 'base64url')];
  const info = parts.flatMap((part) => [number(part.length), part]);
  return crypto.createHash('sha256').update(Buffer.concat([number(1), shared, ...info, number(256)])).digest();
}

function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function stranger(key) {
  return key.asymmetricKeyType === 'rsa'
    ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    : crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
}
