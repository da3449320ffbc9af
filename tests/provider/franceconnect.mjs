// oidc-provider with the configuration of FranceConnect or of another provider (modes.mjs), and the page where a person
// signs in.

import crypto from 'node:crypto';
import { Provider } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

export const PREFIX = '/api/v2';
export const ERROR_PAGES = 'https://docs.partenaires.franceconnect.gouv.fr/fs/fs-technique/fs-technique-erreurs/';

export class FranceConnect {
  constructor(issuer, mode, options, keys) {
    const { alg, clients, accounts, pkce = mode.pkce === true, backchannel_logout = false } = options;
    this.issuer = issuer;
    this.mode = mode;
    this.alg = alg;
    this.backchannelLogout = backchannel_logout;
    this.pkce = pkce;
    this.clients = new Map();
    this.accounts = new Map(accounts.map((account) => [account.sub, account]));
    for (const client of clients) this.addClient(client);
    this.provider = new Provider(issuer, this.configuration(keys));
    this.provider.proxy = issuer.startsWith('https:');
    this.provider.on('grant.error', withDetail);
    this.provider.on('userinfo.error', withDetail);
    this.provider.on('server_error', (_ctx, error) => console.error(error));
    const callback = this.provider.callback();
    this.handle = (request, response) => {
      const path = new URL(request.url, issuer).pathname;
      if (path.startsWith(`${PREFIX}/interaction/`)) return this.interaction(request, response);
      // Mounted under the prefix, the way express does it.
      request.originalUrl = request.url;
      request.baseUrl = PREFIX;
      request.url = request.url.slice(PREFIX.length) || '/';
      return path.startsWith(PREFIX) ? callback(request, response) : response.writeHead(404).end();
    };
  }

  /** The client record, as FranceConnect turns it into metadata. `more` is metadata as it stands. */
  addClient({ client_id, client_secret, redirect_uris, post_logout_redirect_uris = [], sector_identifier_uri, backchannel_logout_uri, scope = Object.keys(this.mode.scopes).join(' '), alg = this.alg, more = {} }) {
    this.clients.set(client_id, {
      client_id,
      client_secret,
      scope,
      redirect_uris,
      post_logout_redirect_uris,
      ...(sector_identifier_uri && { sector_identifier_uri }),
      ...(backchannel_logout_uri && { backchannel_logout_uri, backchannel_logout_session_required: true }),
      id_token_signed_response_alg: alg,
      ...(this.mode.userinfo === 'jwt' && { userinfo_signed_response_alg: alg }),
      ...this.mode.client,
      ...more,
    });
  }

  configuration(keys) {
    const signing = ['ES256', 'RS256', 'HS256'];
    const cookie = { sameSite: 'lax', signed: true, path: '/' };
    const { clients, mode } = this;
    return {
      adapter: class extends MemoryAdapter {
        async find(id) {
          return this.model === 'Client' ? clients.get(id) : super.find(id);
        }
      },
      routes: {
        authorization: '/authorize',
        token: '/token',
        userinfo: '/userinfo',
        jwks: '/jwks',
        end_session: '/session/end',
        revocation: '/token/revocation',
      },
      subjectTypes: [mode.subjects],
      pairwiseIdentifier: (_ctx, id) => id,
      // A sector identifier is https; the gateway of a test has no certificate.
      fetch: (url, options) => fetch(String(url).replace(/^https:\/\/localhost:/, 'http://localhost:'), options),
      cookies: { keys: [crypto.randomBytes(32).toString('hex')], long: cookie, short: cookie },
      features: {
        devInteractions: { enabled: false },
        encryption: { enabled: mode.encryption !== undefined },
        jwtUserinfo: { enabled: true },
        revocation: { enabled: true },
        claimsParameter: { enabled: true },
        requestObjects: { enabled: true },
        resourceIndicators: { enabled: false },
        // FranceConnect has none; a test may want it.
        backchannelLogout: { enabled: this.backchannelLogout },
        pushedAuthorizationRequests: { enabled: false },
        rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
      },
      acceptQueryParamAccessTokens: true,
      ttl: { AccessToken: 60, AuthorizationCode: 30, Grant: 30, IdToken: 60, Interaction: 1800, Session: 1800 },
      acrValues: mode.levels,
      scopes: ['openid'],
      claims: mode.scopes,
      responseTypes: ['code'],
      clientAuthMethods: mode.ways,
      clientDefaults: {
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: mode.ways[0],
        application_type: 'web',
        id_token_signed_response_alg: 'HS256',
      },
      enabledJWA: {
        idTokenSigningAlgValues: signing,
        userinfoSigningAlgValues: signing,
        authorizationSigningAlgValues: signing,
        requestObjectSigningAlgValues: signing,
        clientAuthSigningAlgValues: ['ES256', 'RS256'],
        dPoPSigningAlgValues: ['ES256', 'RS256'],
        ...(mode.encryption && {
          idTokenEncryptionAlgValues: mode.encryption,
          idTokenEncryptionEncValues: ['A256GCM'],
          userinfoEncryptionAlgValues: mode.encryption,
          userinfoEncryptionEncValues: ['A256GCM'],
        }),
      },
      jwks: keys.jwks,
      pkce: { required: () => this.pkce },
      clientBasedCORS: () => false,
      interactions: { url: (_ctx, interaction) => `${PREFIX}/interaction/${interaction.uid}` },
      findAccount: (_ctx, id) =>
        this.accounts.has(id) ? { accountId: id, claims: async () => ({ ...this.accounts.get(id) }) } : undefined,
      renderError: (ctx, out) => {
        ctx.type = 'html';
        ctx.body = errorPage(CODES[out.error] ?? 'Y040001', out.error);
      },
    };
  }

  /** GET shows whom one can be; POST, or GET with the same fields, signs in or leaves. */
  async interaction(request, response) {
    try {
      const url = new URL(request.url, this.issuer);
      const fields = new URLSearchParams(request.method === 'POST' ? await text(request) : url.search);
      if (fields.has('cancel')) {
        await this.provider.interactionFinished(request, response, {
          error: 'access_denied',
          error_description: 'User auth aborted',
        });
      } else if (fields.has('account')) {
        await this.signIn(request, response, fields.get('account'));
      } else {
        await this.provider.interactionDetails(request, response);
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(this.choice());
      }
    } catch (error) {
      response.writeHead(401, { 'content-type': 'text/html; charset=utf-8' }).end(errorPage('Y190001', error.message));
    }
  }

  async signIn(request, response, accountId) {
    const { params } = await this.provider.interactionDetails(request, response);
    const asked = JSON.parse(params.claims ?? '{}').id_token ?? {};
    const grant = new this.provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    grant.addOIDCClaims(Object.keys(asked));
    const levels = params.acr_values?.split(' ') ?? asked.acr?.values ?? this.mode.levels;
    const { amr } = this.mode;
    await this.provider.interactionFinished(request, response, {
      login: { accountId, acr: this.mode.reached(levels), amr, ts: Math.floor(Date.now() / 1000), remember: false },
      consent: { grantId: await grant.save() },
    });
  }

  /** A logout token for a client, as the library itself makes one (lib/models/client.js). */
  async logoutToken({ client, sub, sid }) {
    const token = new this.provider.IdToken({ sub }, { client: await this.provider.Client.find(client), ctx: undefined });
    token.mask = { sub: null };
    token.set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} });
    token.set('jti', crypto.randomUUID());
    if (sid !== undefined) token.set('sid', sid);
    return token.issue({ use: 'logout' });
  }

  choice() {
    const buttons = [...this.accounts.values()].map(
      ({ sub, given_name, family_name, usual_name }) =>
        `<button name="account" value="${escape(sub)}">${escape(`${given_name ?? ''} ${family_name ?? usual_name ?? ''}`)}</button>`,
    );
    return page('Qui êtes-vous ?', `<form method="post">${buttons.join('')}<button name="cancel" value="1">Annuler</button></form>`);
  }
}

/** FranceConnect's codes for the pages from which nobody returns to the relying party. */
const CODES = { invalid_client: 'Y04EA6EF', invalid_redirect_uri: 'Y04C013C' };

/** FranceConnect says `general (detail)`, or literally `general (undefined)`, and adds its own address of the error. */
function withDetail(ctx, error) {
  if (typeof ctx.body !== 'object' || ctx.body === null) return;
  ctx.body = {
    ...ctx.body,
    error_description: `${error.error_description ?? error.message} (${error.error_detail})`,
    error_uri: `${ERROR_PAGES}?code=Y049E20B&id=${crypto.randomUUID()}`,
  };
}

/** FranceConnect's page submits itself; the button is for a browser without script. */
function logoutSource(ctx, form) {
  const whole = form.replace('</form>', '<input type="hidden" name="logout" value="yes"><button>Continuer</button></form>');
  ctx.body = page('Déconnexion en cours', `${whole}<script>document.forms[0].submit()</script>`);
}

function postLogoutSuccessSource(ctx) {
  ctx.body = page('Déconnexion', '<p>Vous êtes bien déconnecté.</p>');
}

export function errorPage(code, detail) {
  return page('Une erreur est survenue', `<p>code d’erreur : ${code}</p><p>${escape(String(detail))}</p>`);
}

function page(title, body) {
  return `<!DOCTYPE html><html lang="fr"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`;
}

function escape(value) {
  return value.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
}

async function text(stream) {
  let all = '';
  for await (const chunk of stream.setEncoding('utf8')) all += chunk;
  return all;
}
