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
//   json      edits of the JSON of the answer                  (token, discovery, jwks)
//   query     edits of the redirect's query                    (callback)
//   status, headers, body   of the answer; a header of null is taken away; `body_base64` for bytes
//   delay     milliseconds before the answer; drop: true | "half" ends the connection instead
//
// An edit of JSON is one of
//   { "set": path, "to": value }          path: a name, or a list of names and positions
//   { "set": path, "raw": "1e400" }       the text of the value, not JSON that we could write otherwise
//   { "delete": path }   { "push": path, "to": value }
//   { "append": "\"aud\":\"x\"" }         text before the closing brace: a member a second time
//   { "text": ".." }   { "base64": ".." } instead of the whole JSON: any text, any bytes
// A value { "$": "at_hash" } is the at_hash that fits the access token; { "$": "now", "plus": -3600 } is a time.

import crypto from 'node:crypto';
import { PREFIX } from './franceconnect.mjs';
import { shape, sign } from './jws.mjs';

export class Lies {
  constructor(keys) {
    this.keys = keys;
    this.waiting = [];
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
    for (const lie of this.waiting.filter((one) => concerns(one.target, asked, answer, franceConnect))) {
      this.alter(lie, answer, asked);
      Object.assign(orders, { delay: lie.delay ?? orders.delay, drop: lie.drop ?? orders.drop });
      if (lie.times === 1) this.waiting = this.waiting.filter((one) => one !== lie);
      else if (lie.times > 1) lie.times -= 1;
    }
    return orders;
  }

  alter(lie, answer, asked) {
    if (lie.target === 'userinfo' && tells(lie)) {
      answer.body = Buffer.from(this.retell(answer.body.toString('latin1'), lie), 'latin1');
    }
    if (lie.target === 'id_token') {
      const tokens = JSON.parse(answer.body);
      tokens.id_token = this.retell(tokens.id_token, lie, tokens.access_token);
      answer.body = Buffer.from(JSON.stringify(tokens));
    }
    if (lie.json) answer.body = edit(answer.body, lie.json);
    if (lie.query) answer.headers.location = editQuery(answer.headers.location, lie.query);
    if (lie.status) answer.status = lie.status;
    for (const [name, value] of Object.entries(lie.headers ?? {})) {
      if (value === null) delete answer.headers[name];
      else answer.headers[name] = value;
    }
    if (lie.body !== undefined) answer.body = Buffer.from(lie.body);
    if (lie.body_base64 !== undefined) answer.body = Buffer.from(lie.body_base64, 'base64');
    if (asked.method === 'HEAD') answer.body = Buffer.alloc(0);
  }

  /** The token, taken apart, altered and signed. */
  retell(token, lie, accessToken) {
    if (lie.token !== undefined) return lie.token;
    const [header, payload, signature] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    const mode = lie.sign ?? 'own';
    const context = { accessToken, alg: JSON.parse(header).alg };
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

const TOKEN_EDITS = ['header', 'payload', 'sign', 'shape', 'token'];

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
  if (to?.$ === 'now') return Math.floor(Date.now() / 1000) + (to.plus ?? 0);
  if (to?.$ === 'at_hash') {
    return crypto.createHash('sha256').update(context.accessToken).digest().subarray(0, 16).toString('base64url');
  }
  return to;
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
