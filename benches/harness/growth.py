"""What a request, a session and a connection cost as their number grows."""

import random
import socket
import ssl
import statistics
import struct
import subprocess
import time

from harness import compare, load, proxies
from harness.machine import example, say
from harness.proxies import Proxy

# A session of its own for each request, one of those that were put into Redis.
MANY_PEOPLE = """
local cookies = {}
for line in io.lines(%r) do cookies[#cookies + 1] = line end
request = function()
  wrk.headers["Cookie"] = cookies[math.random(#cookies)]
  return wrk.format()
end
"""


def apps(stage, cores, guichet, counts, seconds, rounds):
    """1 to 1000 applications, each at a host of its own; the last one of the file is asked."""
    rows = [proxies.nginx(stage, cores)]
    for count in counts:
        process, _ = guichet.start(f"{count} apps", apps=count)
        if count > 1:
            process.host = f"app{count - 1}.localhost:{process.port}"
        rows.append(process)
    return compare.table(compare.rounds(stage, rows, compare.wrk(cores, "1k", seconds), rounds))


def used_memory(stage):
    """What Redis uses, without the buffers of its connections: they are there whether or not anybody is signed in."""
    command = ["redis-cli", "-p", str(stage.redis_port), "INFO", "memory"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    values = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    return int(values["used_memory"]) - int(values["mem_clients_normal"])


def sessions(stage, cores, guichet, counts, seconds, rounds):
    """10³ to 10⁶ sessions in Redis, and what a request costs that finds one of them."""
    program = example("sessions")
    process, listen = guichet.start("guichet, signed in, Redis", store="redis")
    nginx = proxies.nginx(stage, cores)
    cookies, script = stage.folder / "cookies", stage.folder / "people.lua"
    script.write_text(MANY_PEOPLE % str(cookies))
    lines = [
        "| sessions | bytes of Redis memory each | CPU µs a request | × nginx | p50 ms |",
        "| --- | --- | --- | --- | --- |",
    ]
    row = Proxy("guichet, signed in, Redis", process.port, process.programs, path="/in/")
    row.script = script
    for count in counts:
        subprocess.run(["redis-cli", "-p", str(stage.redis_port), "FLUSHALL"], check=True, capture_output=True)
        empty = used_memory(stage)
        host = f"localhost:{process.port}"
        where = [stage.redis_url, f"{listen}:", stage.folder / "session-secret", host, stage.issuer, count, cookies]
        began = time.monotonic()
        subprocess.run([program, *map(str, where)], check=True)
        say(f"{count} sessions in {time.monotonic() - began:.0f} s")
        each = (used_memory(stage) - empty) / count
        measured = compare.rounds(stage, [nginx, row], compare.wrk(cores, "1k", seconds), rounds)
        cpu = statistics.median(one.cpu for one in measured[row.name])
        ratio = statistics.median(
            one.cpu / plain.cpu for one, plain in zip(measured[row.name], measured["nginx"])
        )
        p50 = statistics.median(one.p50 for one in measured[row.name])
        lines.append(f"| {count:,} | {each:.0f} | {cpu:.1f} | {ratio:.2f} | {p50 / 1000:.2f} |")
    return "\n".join(lines)


class Idle:
    """Connections that asked once and are silent since; from many addresses, as people are."""

    def __init__(self, proxy, count, version):
        self.sockets = []
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.set_alpn_protocols([version])
        ask = http2_head if version == "h2" else http1_head
        for number in range(count):
            raw = socket.socket()
            raw.bind((f"127.0.{1 + number % 200}.{1 + random.randrange(250)}", 0))
            raw.connect(("127.0.0.1", proxy.port))
            made = self.context.wrap_socket(raw, server_hostname="localhost") if proxy.scheme == "https" else raw
            made.sendall(ask(proxy))
            self.sockets.append(made)
        for made in self.sockets:
            self._answered(made)

    @staticmethod
    def _answered(made):
        """Reads until the kibibyte is there."""
        made.settimeout(10)
        read = b""
        while b"x" * 1024 not in read:
            part = made.recv(65536)
            if not part:
                raise load.Wrong("a connection was closed")
            read += part

    def open(self):
        """How many are established still."""
        established = 1
        states = (made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] for made in self.sockets)
        return sum(state == established for state in states)

    def close(self):
        for made in self.sockets:
            made.close()


def http1_head(proxy):
    return f"GET {proxy.path}1k HTTP/1.1\r\nHost: localhost:{proxy.port}\r\n\r\n".encode()


def http2_head(proxy):
    """The preface, empty settings, and one request (RFC 9113, 3.4 and 6.2; RFC 7541: fields that are not indexed)."""

    def frame(kind, flags, stream, payload):
        return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload

    def literal(index, text):
        return bytes([index, len(text)]) + text.encode()

    fields = b"\x82\x87" + literal(0x04, f"{proxy.path}1k") + literal(0x01, f"localhost:{proxy.port}")
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, fields)


def idle(stage, cores, guichet, count):
    """Memory of idle connections, and what is left of it after they are gone."""
    lines = [
        "| | KiB a connection | after they are gone, KiB a connection |",
        "| --- | --- | --- |",
    ]
    rows = [
        (proxies.nginx(stage, cores), "http/1.1"),
        (guichet.start("guichet, HTTP/1.1")[0], "http/1.1"),
        (proxies.nginx(stage, cores, name="nginx-tls", tls=True), "h2"),
        (guichet.start("guichet, HTTP/2 with TLS", tls=True)[0], "h2"),
    ]
    for proxy, version in rows:
        before = proxy.rss_kib()
        waiting = Idle(proxy, count, version)
        held = (proxy.rss_kib() - before) / count
        if waiting.open() < count:
            raise load.Wrong(f"{proxy.name}: {waiting.open()} connections are left, the others waited too long")
        waiting.close()
        time.sleep(2)
        left = (proxy.rss_kib() - before) / count
        words = "HTTP/2 with TLS" if version == "h2" else "HTTP/1.1"
        lines.append(f"| {proxy.name.split(',')[0].removesuffix('-tls')}, {words} | {held:.1f} | {left:.1f} |")
    return "\n".join(lines)
