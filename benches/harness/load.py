"""Load: wrk for as much as goes through, and h2load for HTTP/2."""

import re
import subprocess

from harness.machine import Cores
from harness.person import NAVIGATION

CONNECTIONS = 64
APPLICATION_COOKIES = "theme=clair; JSESSIONID=node01x3b7q9d2k5w8a1c4e6g8i0; cgu=2026-01"
UNITS = {"us": 1.0, "ms": 1000.0, "s": 1_000_000.0}


class Wrong(Exception):
    """An answer that is not the one of a measurement."""


def fields(proxy):
    """What a browser says, to every proxy alike; with the session where there is one."""
    said = dict(NAVIGATION)
    said["Accept-Encoding"] = "gzip, deflate, br"
    if proxy.host:
        said["Host"] = proxy.host
    said["Cookie"] = "; ".join(filter(None, [APPLICATION_COOKIES, proxy.cookie]))
    return [part for name, value in said.items() for part in ("-H", f"{name}: {value}")]


class Result:
    """What one load said: requests, and percentiles of the answer times in microseconds."""

    def __init__(self, requests, seconds, p50, p99):
        self.requests, self.seconds, self.p50, self.p99 = requests, seconds, p50, p99


def wrk(cores, proxy, size, seconds):
    """As fast as it goes, on 64 connections."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *fields(proxy)]
    command += ["-s", str(proxy.script)] if proxy.script else []
    command.append(proxy.url(size))
    said = subprocess.run(Cores.on(cores.load, command), check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise Wrong(f"{proxy.name}: {said}")
    requests = int(re.search(r"(\d+) requests in", said)[1])

    def percentile(which):
        value, unit = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)", said).groups()
        return float(value) * UNITS[unit]

    return Result(requests, seconds, percentile(50), percentile(99))


def h2load(cores, proxy, size, seconds, log):
    """HTTP/2 on 16 connections with four requests at a time each."""
    log.unlink(missing_ok=True)
    command = ["h2load", "-t1", f"--log-file={log}", *fields(proxy), f"-D{seconds}", "-c16", "-m4", proxy.url(size)]
    said = subprocess.run(Cores.on(cores.load, command), check=True, capture_output=True, text=True).stdout
    times, wrong = [], 0
    for line in log.read_text().splitlines():
        _, status, took = line.split("\t")[:3]
        times.append(int(took))
        wrong += status != "200"
    if wrong or not times:
        raise Wrong(f"{proxy.name}: {wrong} of {len(times)} answers were not 200\n{said}")
    times.sort()
    return Result(len(times), seconds, times[len(times) // 2], times[len(times) * 99 // 100])
