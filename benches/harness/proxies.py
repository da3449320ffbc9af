"""The proxies that need no sign-in by a program of their own: nginx, HAProxy, Apache with mod_auth_openidc, oauth2-proxy.

Each is configured as its own manual says for a loaded server: connections to the application are kept, and no access log is
written. Each adds one field to a request, as every gateway does.
"""

import base64
import os
import re
import shutil

from harness.machine import Cores, Program, free_port
from harness.person import Person
from harness.stage import CLIENT_SECRET

NGINX = """
worker_processes {threads}; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 75s;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  upstream application {{ server 127.0.0.1:{application}; keepalive 64; keepalive_requests 100000000; }}
  {more}
  server {{
    listen 127.0.0.1:{port} {tls} backlog=4096;
    proxy_http_version 1.1;
    {server}
  }}
}}
"""
# Fields of a location replace those of the server: each location says that connections are kept.
KEPT = 'proxy_set_header Connection ""; proxy_set_header Host $http_host;'
PLAIN = f"location / {{ {KEPT} proxy_set_header X-Request-Id $request_id; proxy_pass http://application; }}"
TLS = "ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;"

HAPROXY = """
global
  nbthread {threads}
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  http-request set-header X-Request-Id %[rand]
  default_backend application
backend application
  server one 127.0.0.1:{application}
"""

APACHE = """
ServerRoot /etc/apache2
PidFile {folder}/{name}.pid
ErrorLog {folder}/{name}.log
LogLevel error
ServerName localhost
Listen 127.0.0.1:{port}
{modules}
StartServers 1
ServerLimit 1
ThreadsPerChild 128
ThreadLimit 128
MaxRequestWorkers 128
MinSpareThreads 1
MaxSpareThreads 128
MaxConnectionsPerChild 0
KeepAlive On
MaxKeepAliveRequests 0
ProxyPass /callback !
ProxyPass / http://127.0.0.1:{application}/ keepalive=On
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCProviderTokenEndpointAuth client_secret_post
OIDCRedirectURI http://localhost:{port}/callback
OIDCCryptoPassphrase a-passphrase-of-the-benches
OIDCScope "openid given_name family_name email"
OIDCAuthRequestParams acr_values=eidas1
OIDCUserInfoSignedResponseAlg ES256
OIDCIDTokenSignedResponseAlg ES256
OIDCSessionInactivityTimeout 3600
{cache}
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
"""
APACHE_MODULES = {
    "mpm_event": "mod_mpm_event.so",
    "authz_core": "mod_authz_core.so",
    "authn_core": "mod_authn_core.so",
    "authz_user": "mod_authz_user.so",
    "proxy": "mod_proxy.so",
    "proxy_http": "mod_proxy_http.so",
    "auth_openidc": "mod_auth_openidc.so",
}


class Proxy:
    """A row of the table: where it listens, what a request to it says beside the usual, and what runs."""

    def __init__(self, name, port, programs, path="/open/", cookie=None, scheme="http"):
        self.name = name
        self.port = port
        self.programs = programs
        self.path = path
        self.cookie = cookie
        self.scheme = scheme
        # What is asked for, where that is not where it is reached; and what chooses the request, if it is not always one.
        self.host = None
        self.script = None

    def url(self, size):
        return f"{self.scheme}://localhost:{self.port}{self.path}{size}"

    def cpu_ns(self):
        return sum(program.cpu_ns() for program in self.programs)

    def rss_kib(self):
        return sum(program.rss_kib() for program in self.programs)


def start(stage, cores, name, command, **more):
    """A proxy, on the cores of proxies."""
    file = re.sub("[^A-Za-z0-9]+", "-", name)
    return Program(name, Cores.on(cores.proxy, command), stage.folder / f"{file}.out", **more)


def nginx(stage, cores, name="nginx", server=PLAIN, more="", tls=False, port=None):
    port = port or free_port()
    config = stage.folder / f"{name}.conf"
    if tls:
        server += TLS.format(cert=stage.cert, key=stage.key)
    config.write_text(
        NGINX.format(
            folder=stage.folder,
            name=name,
            threads=cores.threads,
            application=stage.application_port,
            port=port,
            tls="ssl http2" if tls else "",
            server=server,
            more=more,
        )
    )
    program = start(stage, cores, name, ["nginx", "-c", config]).listens_at(port)
    return Proxy(name, port, [program], scheme="https" if tls else "http")


def haproxy(stage, cores):
    port = free_port()
    config = stage.folder / "haproxy.cfg"
    config.write_text(HAPROXY.format(threads=cores.threads, port=port, application=stage.application_port))
    program = start(stage, cores, "haproxy", ["haproxy", "-db", "-f", config]).listens_at(port)
    return Proxy("HAProxy", port, [program])


def apache(stage, cores, cache):
    """Apache with mod_auth_openidc, its sessions in `shared memory` or in `Redis`."""
    port = free_port()
    name = f"mod_auth_openidc, {cache}"
    file = re.sub("[^A-Za-z0-9]+", "-", name)
    config = stage.folder / f"{file}.conf"
    modules = "\n".join(
        f"LoadModule {module}_module /usr/lib/apache2/modules/{so}" for module, so in APACHE_MODULES.items()
    )
    redis = f"OIDCCacheType redis\nOIDCRedisCacheServer 127.0.0.1:{stage.redis_port}"
    config.write_text(
        APACHE.format(
            folder=stage.folder,
            name=file,
            port=port,
            application=stage.application_port,
            issuer=stage.issuer,
            client_id=stage.register(f"http://localhost:{port}/callback"),
            client_secret=CLIENT_SECRET,
            modules=modules,
            cache=redis if cache == "Redis" else "OIDCCacheType shm",
        )
    )
    program = start(stage, cores, name, ["apache2", "-DFOREGROUND", "-f", config]).listens_at(port)
    proxy = Proxy(name, port, [program], path="/in/")
    proxy.cookie = Person().signs_in(proxy.url("1k"))
    return proxy


def oauth2_proxy(stage, cores):
    """oauth2-proxy with its sessions in Redis; None if it is not on the PATH. Go knows no more threads than cores."""
    if not shutil.which("oauth2-proxy"):
        return None
    port = free_port()
    callback = f"http://localhost:{port}/oauth2/callback"
    options = {
        "http-address": f"127.0.0.1:{port}",
        "provider": "oidc",
        "oidc-issuer-url": stage.issuer,
        "client-id": stage.register(callback),
        "client-secret": CLIENT_SECRET,
        "redirect-url": callback,
        "upstream": f"http://127.0.0.1:{stage.application_port}/",
        "email-domain": "*",
        "scope": "openid given_name family_name email",
        "cookie-secret": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "cookie-secure": "false",
        "session-store-type": "redis",
        "redis-connection-url": stage.redis_url,
        "insecure-oidc-allow-unverified-email": "true",
        "insecure-oidc-skip-nonce": "false",
        "acr-values": "eidas1",
        "prompt": "login",
        "skip-provider-button": "true",
        "pass-user-headers": "true",
        "request-logging": "false",
        "auth-logging": "false",
        "standard-logging": "false",
    }
    command = ["oauth2-proxy", *(f"--{key}={value}" for key, value in options.items())]
    env = {"GOMAXPROCS": str(cores.threads)}
    program = start(stage, cores, "oauth2-proxy", command, env=env).listens_at(port)
    proxy = Proxy("oauth2-proxy, Redis", port, [program], path="/in/")
    proxy.cookie = Person().signs_in(proxy.url("1k"))
    return proxy
