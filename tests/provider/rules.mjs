// What the providers' own code does before and after oidc-provider: the rules that the library does not have. Each judge
// has its own answer, or undefined; then `asked` is what oidc-provider shall see.

import crypto from 'node:crypto';
import { ERROR_PAGES, PREFIX, errorPage } from './franceconnect.mjs';

const REQUIRED = ['client_id', 'response_type', 'redirect_uri', 'scope', 'state', 'nonce', 'acr_values'];
const ACCEPTED = new Set([...REQUIRED, 'claims', 'prompt', 'idp_hint', 'ui_locales']);
const LOGOUT = new Set(['id_token_hint', 'post_logout_redirect_uri', 'state', 'client_id', 'logout_hint', 'ui_locales']);
/** Identity providers to which this client may send people straight. */
const HINTS = new Set(['impots', 'ameli']);
const LEVELS = ['eidas1', 'eidas2', 'eidas3'];

/** FranceConnect. */
export function franceConnect(asked, franceConnect) {
  switch (pathOf(asked)) {
    case '/authorize':
      return authorize(asked, franceConnect);
    case '/userinfo':
      return ['GET', 'HEAD'].includes(asked.method) ? undefined : page(404, 'Y000404');
    case '/session/end':
      return endSession(asked);
    case '/token/revocation':
      return revocation(asked);
    default:
      return undefined;
  }
}

/** ProConnect: another closed list, and three parameters at the logout. */
export function proConnect(asked, provider) {
  switch (pathOf(asked)) {
    case '/authorize': {
      const required = ['client_id', 'response_type', 'redirect_uri', 'scope', 'state', 'nonce'];
      const taken = new Set([...required, 'claims', 'prompt', 'idp_hint', 'login_hint']);
      const params = asked.url.searchParams;
      const names = [...params.keys()];
      const closed = names.every((name) => taken.has(name)) && new Set(names).size === names.length;
      const long = ['state', 'nonce'].every((name) => (params.get(name) ?? '').length >= 32);
      if (!closed || !long || !required.every((name) => params.get(name))) return page(400, 'Y000400');
      params.delete('idp_hint');
      params.set('prompt', 'login consent');
      delete asked.headers.cookie;
      return undefined;
    }
    case '/userinfo':
      return ['GET', 'HEAD'].includes(asked.method) ? undefined : page(404, 'Y000404');
    case '/session/end': {
      const params = asked.url.searchParams;
      const long = (params.get('state') ?? '').length >= 32;
      return long && params.get('id_token_hint') && params.get('post_logout_redirect_uri') ? undefined : page(400, 'Y000400');
    }
    default:
      return undefined;
  }
}

/** Login.gov: one prompt, long values, and a logout by the client's identifier alone. */
export function loginGov(asked) {
  const params = asked.url.searchParams;
  switch (pathOf(asked)) {
    case '/authorize': {
      const long = ['state', 'nonce'].every((name) => (params.get(name) ?? '').length >= 22);
      if (!long || params.get('prompt') !== 'select_account' || !params.get('acr_values')) return page(400, 'invalid_request');
      params.set('prompt', 'login consent');
      delete asked.headers.cookie;
      return undefined;
    }
    case '/session/end': {
      const names = [...params.keys()].sort().join();
      const long = (params.get('state') ?? '').length >= 22;
      return long && names === 'client_id,post_logout_redirect_uri,state' ? undefined : page(400, 'invalid_request');
    }
    default:
      return undefined;
  }
}

/** A provider that keeps to the specifications. */
export function nothingMore() {
  return undefined;
}

function pathOf(asked) {
  return asked.url.pathname.slice(PREFIX.length).replace(/(.)\/$/, '$1');
}

/** What FranceConnect changes in every answer. */
export function finish(asked, answer) {
  const path = asked.url.pathname.slice(PREFIX.length);
  if (path === '/.well-known/openid-configuration' || path === '/jwks') {
    answer.headers['cache-control'] = 'public, max-age=600';
  }
}

function authorize(asked, franceConnect) {
  if (asked.method === 'POST') return { status: 500, headers: { 'content-type': 'text/plain' }, body: Buffer.from('Internal Server Error') };
  const params = asked.url.searchParams;
  const names = [...params.keys()];
  const closed = names.every((name) => ACCEPTED.has(name)) && new Set(names).size === names.length;
  const present = REQUIRED.every((name) => params.has(name));
  const filled = ['client_id', 'redirect_uri', 'nonce'].every((name) => params.get(name));
  if (!closed || !present || !filled || params.get('nonce').length < 22 || !promptAllowed(params.get('prompt'))) {
    return page(400, 'Y030007');
  }
  const back = redirectTo(params, franceConnect);
  if (back && params.get('idp_hint') && !HINTS.has(params.get('idp_hint'))) {
    return back(302, { error: 'invalid_idp_hint', error_description: 'An idp_hint was provided but is not allowed', state: 'undefined' });
  }
  const known = LEVELS.find((level) => params.get('acr_values').split(' ').includes(level)) ?? franceConnect.mode.fallback;
  const { levels } = franceConnect.mode;
  if (back && !levels.includes(known)) {
    const description = `acr_value is not valid, should be equal one of these values, expected ${levels.join()}, got ${known}`;
    return back(303, { error: 'invalid_acr', error_description: description, state: params.get('state') });
  }
  // What oidc-provider shall see: one level, both prompts, and a browser that it has never met (no single sign-on).
  params.set('acr_values', known);
  params.set('prompt', 'login consent');
  params.delete('idp_hint');
  delete asked.headers.cookie;
  return undefined;
}

/** Absent, or a list with at least one allowed value. */
function promptAllowed(prompt) {
  return prompt === null || prompt.split(' ').some((value) => value === 'login' || value === 'consent');
}

function redirectTo(params, franceConnect) {
  const client = franceConnect.clients.get(params.get('client_id'));
  if (!client?.redirect_uris.includes(params.get('redirect_uri'))) return undefined;
  return (status, fields) => {
    const query = new URLSearchParams({ ...fields, iss: franceConnect.issuer });
    const location = `${params.get('redirect_uri')}?${query}`;
    return { status, headers: { location, 'content-type': 'text/html; charset=utf-8' }, body: Buffer.alloc(0) };
  };
}

function endSession(asked) {
  if (!['GET', 'HEAD'].includes(asked.method)) return page(404, 'Y000404');
  const params = asked.url.searchParams;
  const closed = [...params.keys()].every((name) => LOGOUT.has(name));
  return closed && params.get('id_token_hint') ? undefined : page(400, 'Y000400');
}

function revocation(asked) {
  const names = [...new URLSearchParams(asked.body.toString('utf8')).keys()].sort();
  return names.join() === 'client_id,client_secret,token' ? undefined : page(400, 'Y000400');
}

function page(status, code) {
  const uri = `${ERROR_PAGES}?code=${code}&id=${crypto.randomUUID()}`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: Buffer.from(errorPage(code, uri)) };
}
