"""An application that was there before: it greets whom the web server says is signed in."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    name = environ.get("guichet.claims", {}).get("family_name", "")
    return [f"user={environ.get('REMOTE_USER', 'nobody')} name={name}".encode()]
