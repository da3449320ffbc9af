"""Guichet, in each of the ways in which the table has it."""

import os
import subprocess

from harness import proxies
from harness.machine import REPOSITORY, Program, free_port, say
from harness.person import Person
from harness.proxies import Proxy
from harness.stage import CLIENT_SECRET

# Everything comes from one address, that of the load: what one client may have is no limit here.
CONFIGURATION = """
public_url = "{scheme}://localhost:{port}"
[organisation]
name = "Ville d'Exemple"
[server]
listen = "127.0.0.1:{listen}"
hsts = "off"
{server}
[limits]
max_connections = 40000
connections_per_client = 20000
requests_per_client = 20000
logins_per_client = 10000
[session]
store = "{store}"
secret = {{ file = "session-secret" }}
{redis}
[assertion]
keys_dir = "keys"
[providers.fc]
environment = "simulated"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret = {{ file = "client-secret" }}
{entry}
{forward_auth}
{apps}
"""
ENTRY = """
preset = "franceconnect"
scopes = ["openid", "given_name", "family_name", "email"]
signing_alg = "ES256"
"""
FORWARD_AUTH = """
[forward_auth]
callers = ["127.0.0.1"]
"""
APP = """
[[apps]]
name = "{name}"
{host}
path = "/"
providers = ["fc"]
{application}
claims = ["sub", "given_name", "family_name", "email"]
plain_headers = ["sub", "given_name", "family_name", "email"]
  [[apps.routes]]
  path = "/open"
  access = "public"
"""
QUIET = "info,guichet::access=off"


def executable(given):
    """The one that is measured: a release, built when it is not given."""
    if given:
        return given
    say("building the release")
    subprocess.run([REPOSITORY / "deploy/release", "--quiet"], check=True, cwd=REPOSITORY)
    target = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
    return f"{target}/release/guichet"


class Guichet:
    """Starts it, and signs a person in."""

    def __init__(self, stage, cores, program):
        self.stage, self.cores, self.program = stage, cores, [program]
        folder = stage.folder
        for name, secret in [("session-secret", os.urandom(48).hex()), ("client-secret", CLIENT_SECRET)]:
            (folder / name).write_text(secret)
            (folder / name).chmod(0o600)
        if not (folder / "keys").exists():
            (folder / "keys").mkdir(mode=0o700)
            subprocess.run([program, "keys", "generate", "--dir", folder / "keys"], check=True, capture_output=True)

    def start(self, name, store="memory", tls=False, log=QUIET, apps=1, behind=None, entry=ENTRY, client=None):
        """One process. `behind` is the port of a proxy in front that browsers speak to. `entry` is the provider's entry in the
        configuration, and `client` its record at the provider where that is not the usual one."""
        scheme = "https" if tls else "http"
        listen = free_port()
        port = behind or listen
        config = self.stage.folder / f"guichet-{listen}.toml"
        (self.stage.folder / "redis-url").write_text(self.stage.redis_url)
        (self.stage.folder / "redis-url").chmod(0o600)
        # Each process has keys of its own.
        redis = f'[session.redis]\nurl = {{ file = "redis-url" }}\nprefix = "{listen}:"' if store == "redis" else ""
        server = f'[server.tls]\ncert_file = "{self.stage.cert}"\nkey_file = "{self.stage.key}"' if tls else ""
        site = f"{scheme}://localhost:{port}/_guichet"
        config.write_text(
            CONFIGURATION.format(
                scheme=scheme,
                listen=listen,
                port=port,
                server=server,
                store=store,
                redis=redis,
                issuer=self.stage.issuer,
                client_id=self.stage.register(f"{site}/callback", **(client(site) if client else {})),
                entry=entry,
                forward_auth=FORWARD_AUTH if behind else "",
                apps=self._apps(apps, port, behind),
            )
        )
        command = [*self.program, "--config", config, "run"]
        program = proxies.start(self.stage, self.cores, name, command, env={"GUICHET_LOG": log})
        program.listens_at(listen)
        return Proxy(name, port, [program], scheme=scheme), listen

    def _apps(self, count, port, behind):
        """The first one is at the public URL, each other one at a host of its own."""
        hosts = [""] + [f'host = "app{number}.localhost:{port}"' for number in range(1, count)]
        own = f'upstreams = ["http://127.0.0.1:{self.stage.application_port}"]\nmax_connections = 4096'
        application = 'mode = "forward_auth"' if behind else own
        numbered = enumerate(hosts)
        return "".join(APP.format(name=f"app{number}", host=host, application=application) for number, host in numbered)

    @staticmethod
    def signed_in(proxy, name):
        """The same process, asked by somebody who is signed in."""
        row = Proxy(name, proxy.port, proxy.programs, path="/in/", scheme=proxy.scheme)
        row.cookie = Person().signs_in(row.url("1k"))
        return row
