// How a test speaks to the provider, on a port of its own.
//
//   GET  /requests   every request so far, in order        GET  /keys     public keys, the provider's and a stranger's
//   POST /lies       one lie (lies.mjs)                     POST /clients  one more client
//   POST /clock      { "offset": seconds }                  POST /reset    no requests, no lies, the clock right again
//   POST /logout-tokens   { "client", "sub", "sid" } and the edits of a lie: a logout token, altered and signed again

export async function answerControl({ request, response, lies, keys, requests, clock, franceConnect }) {
  const say = (status, value) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  try {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const sent = text ? JSON.parse(text) : {};
    switch (`${request.method} ${request.url}`) {
      case 'GET /requests':
        return say(200, requests);
      case 'GET /keys':
        return say(200, keys.published);
      case 'POST /lies':
        lies.add(sent);
        return say(200, {});
      case 'POST /clients':
        franceConnect.addClient(sent);
        return say(200, {});
      case 'POST /logout-tokens': {
        const token = await franceConnect.logoutToken(sent);
        return say(200, { token: lies.retold(token, sent, franceConnect) });
      }
      case 'POST /clock':
        clock.offset = sent.offset;
        return say(200, {});
      case 'POST /reset':
        lies.reset();
        requests.length = 0;
        clock.offset = 0;
        return say(200, {});
      default:
        return say(404, {});
    }
  } catch (error) {
    return say(400, { error: error.message });
  }
}
