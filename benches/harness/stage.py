"""What stands around a proxy: the application behind it, Redis, the provider, a certificate."""

import json
import subprocess
import urllib.parse
import urllib.request

from harness.machine import REPOSITORY, Cores, Program, free_port, node

CLIENT_SECRET = "a-secret-of-the-benches-that-is-long-enough"
# Who can sign in where, in tests/provider.
ACCOUNTS = {"franceconnect": "accounts.json", "franceconnect-plus": "people_plus.json"}
# By what the application recognises a person: whichever field the proxy of the row writes.
IDENTITY_FIELDS = ["x_guichet_assertion", "oidc_claim_sub", "x_forwarded_user"]

APPLICATION = """
worker_processes 1; daemon off; pid {folder}/application.pid; error_log {folder}/application.log;
events {{ worker_connections 16384; }}
http {{
  access_log off; default_type application/octet-stream; sendfile on; tcp_nopush on; open_file_cache max=16;
  keepalive_requests 100000000; keepalive_timeout 60s; underscores_in_headers on;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  server {{
    listen 127.0.0.1:{port} backlog=4096; root {folder}/files;
    location = /count {{ stub_status; }}
    location /open/ {{ }}
    # Nobody who is not named gets in: an answer of 200 says that the identity came.
    location /in/ {{ if ($who = "") {{ return 403; }} }}
  }}
  map "{fields}" $who {{ default $request_id; "" ""; }}
}}
"""


class Stage:
    """Everything but the proxies. On the cores of the load."""

    def __init__(self, folder, cores, mode="franceconnect", alg="ES256"):
        self.folder = folder
        self.cores = cores
        (folder / "tmp").mkdir(exist_ok=True)
        self._files()
        self._certificate()
        self.application_port = free_port()
        self.redis_port = free_port()
        self._application()
        self._redis()
        self._provider(mode, alg)

    def _files(self):
        for kind in ("open", "in"):
            files = self.folder / "files" / kind
            files.mkdir(parents=True, exist_ok=True)
            (files / "1k").write_bytes(b"x" * 1024)
            (files / "1m").write_bytes(b"x" * 1024 * 1024)
        for readable in (self.folder, self.folder / "files"):
            readable.chmod(0o755)

    def _certificate(self):
        self.cert, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
        names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", self.key, "-out", self.cert]
        subprocess.run([*request.split(), *map(str, names)], check=True, capture_output=True)
        self.key.chmod(0o600)

    def program(self, name, command, **more):
        """Something beside the proxy."""
        command = Cores.on(self.cores.load, command)
        return Program(name, command, self.folder / f"{name}.out", **more)

    def _application(self):
        config = self.folder / "application.conf"
        fields = "".join(f"$http_{field}" for field in IDENTITY_FIELDS)
        config.write_text(APPLICATION.format(folder=self.folder, port=self.application_port, fields=fields))
        self.program("application", ["nginx", "-c", config]).listens_at(self.application_port)

    def _redis(self):
        command = f"redis-server --bind 127.0.0.1 --port {self.redis_port} --appendonly no --dir {self.folder} --save"
        self.redis = self.program("redis", [*command.split(), ""]).listens_at(self.redis_port)
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}"

    def _provider(self, mode, alg):
        """npm's oidc-provider, configured as this one."""
        self.accounts = ACCOUNTS[mode]
        options = json.dumps({"mode": mode, "alg": alg})
        command = [node(), REPOSITORY / "tests/provider/provider.mjs", options]
        # It ends when its standard input does.
        provider = self.program("provider", command, stdin=subprocess.PIPE)
        while "ready " not in (said := provider.log.read_text()):
            if provider.process.poll() is not None:
                raise SystemExit(f"the provider does not start\n{said}")
        ready = json.loads(said.split("ready ", 1)[1].splitlines()[0])
        self.issuer, self.provider_control = ready["issuer"], ready["control"]

    def register(self, redirect_uri, **members):
        """A client of its own for each proxy; its id. `members` are what its record has beside the usual."""
        client_id = f"benches-{urllib.parse.urlsplit(redirect_uri).port}"
        client = {
            "client_id": client_id,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [redirect_uri],
            "scope": "openid given_name family_name email",
            **members,
        }
        request = urllib.request.Request(
            f"{self.provider_control}/clients",
            data=json.dumps(client).encode(),
            headers={"content-type": "application/json"},
        )
        urllib.request.urlopen(request).read()
        return client_id

    def answered(self):
        """How many requests the application had so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.application_port}/count") as answer:
            text = answer.read().decode()
        return int(text.splitlines()[2].split()[2])
