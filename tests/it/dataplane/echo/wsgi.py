"""Every variable that an application in Python can read."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    lines = [f"{name}={value}\n" for name, value in environ.items() if isinstance(value, str)]
    return ["".join(lines).encode()]
