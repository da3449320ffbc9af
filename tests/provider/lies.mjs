// Lies: one answer of the provider, altered in flight and signed again.
//
// A lie is { target, times, edits to the HTTP answer, edits to the token in it }. Everything starts from what
// oidc-provider really answered, so a test that refuses a lie is known to refuse that one thing.
//
//   target    "token" | "id_token" | "userinfo" | "discovery" | "jwks" | "callback" | "authorize" | "end_session"
//             ("id_token" is the token in the answer of /token; "callback" the redirect to the relying party)
//   times     how many answers; 0 = until reset; default 1
//   header, payload   edits of the JSON in the token          (id_token, userinfo)
//   sign      see `sign` below; default "own"                  (id_token, userinfo)
//   shape     see `shape` below                                (id_token, userinfo)
//   token     the whole token, as it stands                    (id_token, userinfo)
//   seal      of an encrypted one: see jwe.mjs; `ours` is the private key in PEM that opens it
//   json      edits of the JSON of the answer                  (token, discovery, jwks)
//   query     edits of the redirect's query                    (callback)
//   status, headers, body   of the answer; a header of null is taken away; `body_base64` for bytes
//   pack      "gzip": the body of the answer, packed
//   delay     milliseconds before the answer; drop: true | "half" ends the connection instead; "end" ends our side of it after
//             half of the body, and listens on
//   flow      "drip": a byte every 100 ms; "endless": blanks, as fast as they are taken, until nobody takes them
//
// An edit of JSON is one of
//   { "set": path, "to": value }          path: a name, or a list of names and positions
//   { "set": path, "raw": "1e400" }       the text of the value, not JSON that we could write otherwise
//   { "delete": path }   { "push": path, "to": value }
//   { "append": "\"aud\":\"x\"" }         text before the closing brace: a member a second time
//   { "text": ".." }   { "base64": ".." } instead of the whole JSON: any text, any bytes
// A value { "$": .. } is filled in when the lie is told:
//   { "$": "at_hash" }                    the one that fits the access token
//   { "$": "now", "plus": -3600 }         a time
//   { "$": "issuer", "replace": [a, b] }  the issuer, with b where a was
//   { "$": "foreign_jwk" }                the public key with which "foreign" signs
//   { "$": "bait" }                       an address that serves that key; whoever asks there believed a header
//   { "$": "previous", "name": "nonce" }  the nonce of the login before; "userinfo", also as a whole token: its claims

import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { PREFIX } from './franceconnect.mjs';
import { open, seal } from './jwe.mjs';
import { shape, sign } from './jws.mjs';

export class Lies {
  constructor(keys) {
    this.keys = keys;
    this.waiting = [];
    this.previous = {};
    this.seen = {};
  }

  add(lie) {
    this.waiting.push({ times: 1, ...lie });
  }

  reset() {
    this.waiting = [];
  }

  /** Alters `answer` by every lie that waits for it; returns what is to be done with the connection. */
  tell(asked, answer, franceConnect) {
    const orders = {};
    this.remember(asked, answer);
    for (const lie of this.waiting.filter((one) => concerns(one.target, asked, answer, franceConnect))) {
      this.alter(lie, answer, { asked, issuer: franceConnect.issuer });
      for (const order of ['delay', 'drop', 'flow']) orders[order] = lie[order] ?? orders[order];
      if (lie.times === 1) this.waiting = this.waiting.filter((one) => one !== lie);
      else if (lie.times > 1) lie.times -= 1;
    }
    return orders;
  }

  /** What a later login may be told again. */
  remember(asked, answer) {
    if (answer.status !== 200) return;
    const path = asked.url.pathname.slice(PREFIX.length);
    if (path === '/token') {
      this.previous = this.seen;
      const token = JSON.parse(answer.body).id_token;
      this.seen = isEncrypted(token) ? {} : { nonce: claims(token).nonce };
    }
    if (path === '/userinfo') this.seen.userinfo = answer.body.toString('latin1');
  }

  /** What stands at the address of { "$": "bait" }. */
  bait(asked) {
    if (asked.url.pathname !== `${PREFIX}${BAIT}`) return undefined;
    const keys = [this.keys.publicJwk(this.keys.foreign[this.keys.alg], this.keys.alg)];
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ keys })) };
  }

  alter(lie, answer, { asked, issuer }) {
    const context = { issuer, keys: this.keys, previous: this.previous };
    if (lie.target === 'userinfo' && tells(lie)) {
      answer.body = Buffer.from(this.retell(answer.body.toString('latin1'), lie, context), 'latin1');
    }
    if (lie.target === 'id_token') {
      const tokens = JSON.parse(answer.body);
      tokens.id_token = this.retell(tokens.id_token, lie, { ...context, accessToken: tokens.access_token });
      answer.body = Buffer.from(JSON.stringify(tokens));
    }
    if (lie.json) answer.body = edit(answer.body, lie.json, context);
    if (lie.query) answer.headers.location = editQuery(answer.headers.location, lie.query);
    if (lie.status) answer.status = lie.status;
    for (const [name, value] of Object.entries(lie.headers ?? {})) {
      if (value === null) delete answer.headers[name];
      else answer.headers[name] = value;
    }
    if (lie.body !== undefined) answer.body = Buffer.from(lie.body);
    if (lie.body_base64 !== undefined) answer.body = Buffer.from(lie.body_base64, 'base64');
    if (lie.pack === 'gzip') answer.body = zlib.gzipSync(answer.body);
    if (asked.method === 'HEAD') answer.body = Buffer.alloc(0);
  }

  /** A token that the provider made, altered like one in an answer of its own. */
  retold(token, lie, { issuer }) {
    return this.retell(token, lie, { issuer, keys: this.keys, previous: this.previous });
  }

  /** The token, taken apart, altered and signed. */
  retell(token, lie, around) {
    if (lie.token !== undefined) return value(lie.token, around);
    if (isEncrypted(token)) {
      const { header, signed } = open(token, lie.ours);
      const retold = SIGNED_EDITS.some((name) => lie[name] !== undefined) ? this.resign(signed, lie, around) : signed;
      const editHeader = (told) => edit(Buffer.from(JSON.stringify(told)), lie.seal?.header ?? [], around);
      return seal({ header, signed: retold }, lie.ours, lie.seal ?? {}, editHeader);
    }
    return this.resign(token, lie, around);
  }

  resign(token, lie, around) {
    const [header, payload, signature] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    const mode = lie.sign ?? 'own';
    const context = { ...around, alg: JSON.parse(header).alg };
    const named = sign.header(mode, JSON.parse(header), this.keys);
    const parts = {
      header: edit(Buffer.from(JSON.stringify(named)), lie.header ?? [], context),
      payload: edit(payload, lie.payload ?? [], context),
    };
    const input = `${parts.header.toString('base64url')}.${parts.payload.toString('base64url')}`;
    const signed = sign.signature(mode, input, { before: signature, alg: context.alg, keys: this.keys, secret: lie.secret });
    return shape(lie.shape ?? 'compact', input, signed, this.keys);
  }
}

/** Nobody has a reason to ask here. */
const BAIT = '/bait';
const SIGNED_EDITS = ['header', 'payload', 'sign', 'shape'];
const TOKEN_EDITS = [...SIGNED_EDITS, 'token', 'seal'];

function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

function isEncrypted(token) {
  return token.split('.').length === 5;
}

function tells(lie) {
  return TOKEN_EDITS.some((name) => lie[name] !== undefined);
}

function concerns(target, asked, answer, franceConnect) {
  const path = asked.url.pathname.slice(PREFIX.length);
  switch (target) {
    case 'id_token':
      return path === '/token' && answer.status === 200;
    case 'token':
    case 'userinfo':
    case 'jwks':
    case 'authorize':
      return path === `/${target}`;
    case 'end_session':
      return path === '/session/end';
    case 'discovery':
      return path === '/.well-known/openid-configuration';
    case 'callback':
      return [...franceConnect.clients.values()]
        .flatMap((client) => client.redirect_uris)
        .some((uri) => answer.headers.location?.startsWith(`${uri}?`));
    default:
      return false;
  }
}

/** Applies edits to JSON, byte by byte where JSON could not say it. */
function edit(bytes, edits, context) {
  let now = bytes;
  for (const one of edits) now = editOnce(now, one, context);
  return now;
}

function editOnce(bytes, one, context) {
  if (one.text !== undefined) return Buffer.from(one.text);
  if (one.base64 !== undefined) return Buffer.from(one.base64, 'base64');
  if (one.append !== undefined) return Buffer.from(bytes.toString('utf8').replace(/}\s*$/, `,${one.append}}`));
  const json = JSON.parse(bytes);
  const path = [one.set ?? one.delete ?? one.push].flat();
  const name = path.pop();
  const holder = path.reduce((inside, step) => inside[step], json);
  if (one.delete !== undefined) {
    if (Array.isArray(holder)) holder.splice(name, 1);
    else delete holder[name];
  } else if (one.push !== undefined) {
    holder[name].push(value(one.to, context));
  } else if (one.raw !== undefined) {
    holder[name] = '@@raw@@';
    return Buffer.from(JSON.stringify(json).replace('"@@raw@@"', () => one.raw));
  } else {
    holder[name] = value(one.to, context);
  }
  return Buffer.from(JSON.stringify(json));
}

function value(to, context) {
  switch (to?.$) {
    case 'now':
      return Math.floor(Date.now() / 1000) + (to.plus ?? 0);
    case 'at_hash':
      return crypto.createHash('sha256').update(context.accessToken).digest().subarray(0, 16).toString('base64url');
    case 'issuer':
      return replaced(context.issuer, to.replace);
    case 'foreign_jwk':
      return context.keys.publicJwk(context.keys.foreign[context.keys.alg], context.keys.alg);
    case 'bait':
      return `${context.issuer}${BAIT}`;
    case 'previous':
      if (!context.previous[to.name]) throw new Error(`no login before this one had a ${to.name}`);
      return context.previous[to.name];
    default:
      return to;
  }
}

/** A lie that changes nothing would be believed, and prove nothing. */
function replaced(text, [from, by]) {
  if (!text.includes(from)) throw new Error(`${from} is not in ${text}`);
  return text.replace(from, by);
}

/** { "set": name, "to": value } | { "delete": name } | { "append": "name=value" } | { "text": "?.." } on the redirect's query. */
function editQuery(location, edits) {
  const url = new URL(location);
  for (const one of edits) {
    if (one.set !== undefined) url.searchParams.set(one.set, one.to);
    if (one.delete !== undefined) url.searchParams.delete(one.delete);
    if (one.append !== undefined) url.search += `&${one.append}`;
    if (one.text !== undefined) url.search = one.text;
  }
  return url.href;
}
