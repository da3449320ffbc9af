// An application that was there before: it greets the person of the request.
export function application(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`user=${request.person?.sub ?? 'nobody'} name=${request.person?.family_name ?? ''}`);
}
