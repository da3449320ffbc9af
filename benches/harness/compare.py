"""The comparison: rounds in which every proxy has its turn, in one order and then in the other."""

import statistics

from harness import load, proxies
from harness.load import Wrong
from harness.machine import say

# As deploy/forward-auth/nginx/site.conf has it, with connections to Guichet that are kept.
AUTH_REQUEST = """
    location = /_guichet/auth {{
      internal; proxy_pass http://guichet; proxy_pass_request_body off;
      proxy_set_header Connection ""; proxy_set_header Content-Length "";
      proxy_set_header X-Forwarded-Method $request_method; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Original-Method ""; proxy_set_header X-Original-URL "";
    }}
    location /_guichet/ {{ {kept} proxy_pass http://guichet; }}
    location / {{
      auth_request /_guichet/auth; error_page 401 403 500 = @guichet;
      {set}
      auth_request_set $guichet_cookie $upstream_http_cookie; proxy_set_header Cookie $guichet_cookie;
      {kept} proxy_pass http://application;
    }}
    location @guichet {{ {kept} proxy_pass http://guichet; }}
"""
HANDED_ON = ["status", "assertion", "sub", "given_name", "family_name", "email"]


# The rows that the shorter tables have.
FEW = {
    "nginx",
    "HAProxy",
    "guichet, public route",
    "guichet, signed in, memory",
    "guichet, signed in, Redis",
}


class Measured:
    """What one proxy did in one round."""

    def __init__(self, cpu, result, rss):
        self.cpu, self.p50, self.p99, self.rss = cpu, result.p50, result.p99, rss
        self.rate = result.requests / result.seconds


def measure(stage, proxy, run):
    """One load on one proxy: CPU microseconds a request. Every answer came from the application, with the identity."""
    before, answered = proxy.cpu_ns(), stage.answered()
    result = run(proxy)
    cpu, answered = proxy.cpu_ns() - before, stage.answered() - answered
    if answered < result.requests:
        raise Wrong(f"{proxy.name}: {result.requests} answers, of which the application gave {answered}")
    return Measured(cpu / 1000 / result.requests, result, proxy.rss_kib())


def rounds(stage, rows, run, count):
    """The measurements of each row. The order is reversed each round: what comes later is not always the same."""
    measured = {row.name: [] for row in rows}
    for number in range(count):
        for row in rows if number % 2 == 0 else reversed(rows):
            measured[row.name].append(measure(stage, row, run))
        first = rows[0].name
        ratios = (f"{name} {each[-1].cpu / measured[first][-1].cpu:.2f}" for name, each in measured.items())
        say(f"round {number + 1} of {count}: {measured[first][-1].cpu:.1f} µs; {', '.join(ratios)}")
    return measured


def most(stage, proxy, run):
    """Requests a second, when it gets as many as it can."""
    return statistics.median(measure(stage, proxy, run).rate for _ in range(3))


def table(measured):
    """One line a row. Ratios are to the first row in the same round, and their median."""
    first = next(iter(measured.values()))
    lines = [
        "| | CPU µs a request | × nginx | requests/s | p50 ms | p99 ms | RSS MiB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, each in measured.items():
        cpu = [one.cpu for one in each]
        ratios = [one.cpu / nginx.cpu for one, nginx in zip(each, first)]
        middle = {what: statistics.median(getattr(one, what) for one in each) for what in ("rate", "p50", "p99", "rss")}
        lines.append(
            f"| {name} | {statistics.median(cpu):.1f} ({min(cpu):.1f}–{max(cpu):.1f}) "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) "
            f"| {middle['rate']:.0f} | {middle['p50'] / 1000:.2f} | {middle['p99'] / 1000:.2f} "
            f"| {middle['rss'] / 1024:.0f} |"
        )
    return "\n".join(lines)


def behind_nginx(stage, cores, guichet):
    """nginx asks `/_guichet/auth` for each request, and hands the assertion on."""
    port = proxies.free_port()
    process, listen = guichet.start("guichet for nginx", behind=port)
    upstream = f"upstream guichet {{ server 127.0.0.1:{listen}; keepalive 64; keepalive_requests 100000000; }}"
    handed_on = "".join(
        f"auth_request_set $guichet_{name} $upstream_http_x_guichet_{name};"
        f" proxy_set_header X-Guichet-{name.replace('_', '-')} $guichet_{name};"
        for name in HANDED_ON
    )
    server = AUTH_REQUEST.format(kept=proxies.KEPT, set=handed_on)
    front = proxies.nginx(stage, cores, name="nginx-auth", server=server, more=upstream, port=port)
    front.programs += process.programs
    return guichet.signed_in(front, "nginx + guichet forward-auth, memory")


def contenders(stage, cores, guichet):
    """Every row of the first table."""
    memory, _ = guichet.start("guichet, public route")
    redis, _ = guichet.start("guichet with Redis", store="redis")
    logging, _ = guichet.start("guichet with its log", log="info")
    rows = [
        proxies.nginx(stage, cores),
        proxies.haproxy(stage, cores),
        memory,
        guichet.signed_in(memory, "guichet, signed in, memory"),
        guichet.signed_in(redis, "guichet, signed in, Redis"),
        guichet.signed_in(logging, "guichet, signed in, memory, access log on"),
        behind_nginx(stage, cores, guichet),
        proxies.apache(stage, cores, "shared memory"),
        proxies.apache(stage, cores, "Redis"),
        proxies.oauth2_proxy(stage, cores),
    ]
    return [row for row in rows if row]


def ours(stage, cores, guichet, tls=False):
    """nginx, HAProxy where it is plain, and the three ways of Guichet."""
    memory, _ = guichet.start("guichet, public route", tls=tls)
    redis, _ = guichet.start("guichet with Redis", store="redis", tls=tls)
    nginx = proxies.nginx(stage, cores, name="nginx-tls", tls=True) if tls else proxies.nginx(stage, cores)
    return [
        nginx,
        *([] if tls else [proxies.haproxy(stage, cores)]),
        memory,
        guichet.signed_in(memory, "guichet, signed in, memory"),
        guichet.signed_in(redis, "guichet, signed in, Redis"),
    ]


def wrk(cores, size, seconds):
    return lambda proxy: load.wrk(cores, proxy, size, seconds)


def h2(stage, cores, size, seconds):
    return lambda proxy: load.h2load(cores, proxy, size, seconds, stage.folder / "h2.log")
