// As which provider oidc-provider is set up: what differs between them, and what each adds to the library.
//
//   scopes      scope -> claims                        levels     acr values of the platform, and `fallback`
//   reached     the level that a login reaches, of what was asked for
//   client      members of every client's record       ways       of client authentication
//   userinfo    "jwt" (signed) or "json"               judge      its own rules (rules.mjs)
//   people      the file of those who have an account  encryption ways of key management, where tokens can be encrypted

import { franceConnect, loginGov, nothingMore, proConnect } from './rules.mjs';

const PIVOT = ['given_name', 'given_name_array', 'family_name', 'birthdate', 'gender', 'birthplace', 'birthcountry'];
const HIGH_PIVOT = PIVOT.filter((name) => name !== 'given_name_array');
const each = (names) => Object.fromEntries(names.map((name) => [name, [name]]));
const first = (asked) => asked[0];

export const MODES = {
  franceconnect: {
    scopes: {
      openid: ['sub'],
      identite_pivot: PIVOT,
      profile: ['given_name', 'given_name_array', 'family_name', 'birthdate', 'gender', 'preferred_username'],
      birth: ['birthplace', 'birthcountry'],
      given_name: ['given_name', 'given_name_array'],
      ...each(['family_name', 'gender', 'birthdate', 'birthplace', 'birthcountry', 'email', 'preferred_username']),
      ...each(['idp_birthdate', 'idp_id', 'amr']),
    },
    levels: ['eidas1'],
    fallback: 'eidas1',
    reached: () => 'eidas1',
    amr: ['fc', 'pwd'],
    ways: ['client_secret_post', 'private_key_jwt'],
    userinfo: 'jwt',
    subjects: 'pairwise',
    judge: franceConnect,
    people: 'accounts.json',
  },

  'franceconnect-plus': {
    scopes: {
      openid: ['sub'],
      identite_pivot: HIGH_PIVOT,
      rnipp_identite_pivot: [...HIGH_PIVOT, ...HIGH_PIVOT.map((name) => `rnipp_${name}`), 'rnipp_given_name_array'],
      ...each(['email', 'amr']),
    },
    levels: ['eidas2', 'eidas3'],
    fallback: 'eidas3',
    reached: first,
    amr: ['fc', 'pop', 'pin', 'mfa'],
    ways: ['client_secret_post', 'private_key_jwt'],
    userinfo: 'jwt',
    encryption: ['ECDH-ES', 'RSA-OAEP', 'RSA-OAEP-256'],
    subjects: 'pairwise',
    judge: franceConnect,
    people: 'people_plus.json',
  },

  proconnect: {
    scopes: {
      openid: ['sub'],
      phone: ['phone_number'],
      ...each(['given_name', 'usual_name', 'email', 'uid', 'siret', 'idp_id', 'organizational_unit', 'amr']),
    },
    levels: ['eidas0', 'eidas0-mfa', 'eidas1', 'eidas1-mfa', 'eidas2', 'eidas3'],
    reached: first,
    amr: ['pwd'],
    ways: ['client_secret_post', 'private_key_jwt'],
    userinfo: 'jwt',
    subjects: 'public',
    judge: proConnect,
    people: 'agents.json',
  },

  'login-gov': {
    scopes: {
      openid: ['sub', 'ial', 'aal'],
      email: ['email', 'email_verified'],
      all_emails: ['all_emails'],
      profile: ['given_name', 'family_name', 'birthdate', 'verified_at'],
      'profile:name': ['given_name', 'family_name'],
      'profile:verified_at': ['verified_at'],
    },
    levels: [
      'urn:acr.login.gov:auth-only',
      'urn:acr.login.gov:verified',
      'http://idmanagement.gov/ns/assurance/aal/2',
    ],
    reached: first,
    amr: [],
    ways: ['private_key_jwt'],
    client: { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'RS256' },
    userinfo: 'json',
    subjects: 'pairwise',
    judge: loginGov,
    people: 'public.json',
    pkce: true,
  },

  oidc: {
    scopes: {
      openid: ['sub'],
      profile: ['name', 'family_name', 'given_name', 'preferred_username', 'birthdate', 'updated_at'],
      email: ['email', 'email_verified'],
      address: ['address'],
      phone: ['phone_number', 'phone_number_verified'],
      groups: ['groups'],
      amr: ['amr'],
    },
    levels: ['silver', 'gold'],
    reached: first,
    amr: ['pwd', 'otp'],
    ways: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    client: { token_endpoint_auth_method: 'client_secret_basic' },
    userinfo: 'json',
    encryption: ['ECDH-ES', 'RSA-OAEP', 'RSA-OAEP-256'],
    subjects: 'public',
    judge: nothingMore,
    people: 'members.json',
    pkce: true,
  },
};
