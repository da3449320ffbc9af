// The provider of the tests: npm's oidc-provider behind a thin front.
//
// `oidc-provider` speaks the protocol: a provider that we did not write. The front in the same process adds what
// FranceConnect adds (rules.mjs), notes every request, and alters answers in flight when a test asks for a lie
// (lies.mjs). One argument, JSON: { mode, alg, clients, accounts, tls, pkce, backchannel_logout, port }; mode is a name of
// modes.mjs, without one "franceconnect"; without accounts, the people of the mode; with tls (options of node's https: cert
// and key in PEM, perhaps its versions), it is at https://localhost, and for browsers that cannot do TLS at the plain address
// `front` as well; without port, at one that the system chooses. Prints `ready {..}` when it listens, and ends when its
// standard input ends, so that no test leaves one behind.

import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { FranceConnect, PREFIX } from './franceconnect.mjs';
import { Keys } from './keys.mjs';
import { Lies } from './lies.mjs';
import { answerControl } from './control.mjs';
import { MODES } from './modes.mjs';
import { finish } from './rules.mjs';

// Some tests move the provider's clock; everything in oidc-provider asks Date.now().
const clock = { offset: 0 };
const systemNow = Date.now.bind(Date);
Date.now = () => systemNow() + clock.offset * 1000;

const given = JSON.parse(process.argv[2] ?? '{}');
const mode = MODES[given.mode ?? 'franceconnect'];
const accounts = JSON.parse(fs.readFileSync(new URL(mode.people, import.meta.url)));
const options = { alg: 'ES256', clients: [], accounts, ...given };
const keys = new Keys(options.alg);
const lies = new Lies(keys);
const requests = [];

const front = http.createServer();
await listen(front, options.tls ? 0 : options.port);
const secure = options.tls && https.createServer(options.tls);
if (secure) await listen(secure, options.port);
const origin = secure ? `https://localhost:${secure.address().port}` : `http://127.0.0.1:${front.address().port}`;
const issuer = `${origin}${PREFIX}`;

const franceConnect = new FranceConnect(issuer, mode, options, keys);
const inner = http.createServer(franceConnect.handle);
await listen(inner);

for (const server of secure ? [front, secure] : [front]) {
  server.on('request', (request, response) => {
    exchange(request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
}

const control = http.createServer((request, response) => {
  answerControl({ request, response, lies, keys, requests, clock, franceConnect });
});
await listen(control);

console.log(
  `ready ${JSON.stringify({
    issuer,
    front: `http://127.0.0.1:${front.address().port}`,
    control: `http://127.0.0.1:${control.address().port}`,
    alg: options.alg,
  })}`,
);
process.stdin.resume().on('end', () => process.exit(0));

async function exchange(request, response) {
  const body = await read(request);
  const url = new URL(request.url, issuer);
  const asked = { method: request.method, url, headers: { ...request.headers }, body };
  const note = {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    body: body.toString('utf8'),
    headers: pairs(request.rawHeaders),
    encrypted: Boolean(request.socket.encrypted),
    at: Math.floor(Date.now() / 1000),
  };
  requests.push(note);

  const answer = lies.bait(asked) ?? mode.judge(asked, franceConnect) ?? (await ask(asked));
  answer.headers.date = new Date(Date.now()).toUTCString();
  finish(asked, answer);
  const lie = lies.tell(asked, answer, franceConnect);
  if (lie.delay) await pause(lie.delay);
  if (lie.drop) {
    // Nothing, or the head and half of the body: then the connection is gone, or our side of it.
    if (lie.drop !== true) response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    if (lie.drop !== true) response.write(answer.body.subarray(0, answer.body.length / 2));
    setTimeout(() => (lie.drop === 'end' ? response.socket.end() : response.socket.destroy()), 20);
    return;
  }
  if (lie.flow === 'drip') return await drip(response, answer);
  if (lie.flow === 'endless') return await pour(response, answer, note);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** Hands the request to oidc-provider and keeps the whole answer. */
function ask({ method, url, headers: sent, body }) {
  const headers = secure ? { ...sent, 'x-forwarded-proto': 'https' } : sent;
  return new Promise((resolve, reject) => {
    const passed = http.request(
      { host: '127.0.0.1', port: inner.address().port, method, path: url.pathname + url.search, headers, agent: false },
      async (answer) => {
        const kept = { status: answer.statusCode, headers: { ...answer.headers }, body: await read(answer) };
        for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length']) delete kept.headers[name];
        resolve(kept);
      },
    );
    passed.on('error', reject);
    passed.end(body);
  });
}

function listen(server, port = 0) {
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A byte at a time, for as long as somebody waits for the next. */
async function drip(response, { status, headers, body }) {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  for (let at = 0; at < body.length && !response.destroyed; at += 1) {
    response.write(body.subarray(at, at + 1));
    await pause(100);
  }
  response.end();
}

/** Blanks without an end; how many were taken. */
async function pour(response, { status, headers }, note) {
  response.writeHead(status, headers);
  const blanks = Buffer.alloc(64 * 1024, ' ');
  for (note.sent = 0; !response.destroyed; note.sent += blanks.length) {
    if (!response.write(blanks)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at].toLowerCase(), raw[2 * at + 1]]);
}
