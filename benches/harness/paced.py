"""Answer times at an equal rate: turns of a tenth of a second, in which every proxy is asked as often as every other one."""

import statistics
import subprocess
import urllib.parse

from harness.load import CONNECTIONS, Wrong, fields
from harness.machine import Cores


def line(proxy):
    """What the program reads about a proxy."""
    url = urllib.parse.urlsplit(proxy.url("1k"))
    said = [*([] if proxy.host else [f"Host: {url.netloc}"]), *fields(proxy)[1::2]]
    return "\t".join([f"127.0.0.1:{url.port}", url.path, *said]) + "\n"


def turns(stage, cores, program, rows, rate, seconds):
    """The answer times of each turn of each row, in microseconds, with so many seconds for each row. Every answer came from
    the application, with the identity."""
    command = Cores.on(cores.load, [program, rate, seconds, CONNECTIONS])
    before = stage.answered()
    run = subprocess.run(command, input="".join(map(line, rows)), capture_output=True, text=True)
    if run.returncode:
        raise Wrong(run.stderr)
    answered = stage.answered() - before
    of_rows, asked = {row.name: [] for row in rows}, 0
    for said in run.stdout.splitlines():
        number, of_turn, *times = map(int, said.split())
        of_rows[rows[number].name].append(sorted(times))
        asked += of_turn
    if answered < asked:
        raise Wrong(f"{asked} answers, of which the application gave {answered}")
    return of_rows


def of_hundred(share, times):
    return times[len(times) * share // 100]


def table(of_rows):
    """One line a row: percentiles of a turn, as the median of all turns; and those of all its turns together."""
    lines = [
        "| | p50 ms | × nginx | p95 ms | × nginx | p99 ms | × nginx | p99 of all turns together, ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    first = next(iter(of_rows.values()))
    for name, each in of_rows.items():
        cells = [name]
        for share in (50, 95, 99):
            ours, nginx = (statistics.median(of_hundred(share, times) for times in row) for row in (each, first))
            cells += [f"{ours / 1000:.2f}", f"{ours / nginx:.2f}"]
        together = of_hundred(99, sorted(time for times in each for time in times))
        lines.append(f"| {' | '.join(cells)} | {together / 1000:.2f} |")
    return "\n".join(lines)
