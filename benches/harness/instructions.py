"""Instructions a request, counted by callgrind: the same on a busy machine and on a quiet one."""

import pathlib
import re
import shutil
import subprocess

from harness import load
from harness.machine import Cores, Program

WARM, COUNTED = 400, 2000


def sent(cores, proxy, count):
    """So many requests, on eight connections."""
    command = ["h2load", "--h1", "-t1", "-c8", "-m1", f"-n{count}", *load.fields(proxy), proxy.url("1k")]
    said = subprocess.run(Cores.on(cores.load, command), check=True, capture_output=True, text=True).stdout
    if f"{count} 2xx" not in said:
        raise load.Wrong(f"{proxy.name}: {said}")


def control(option, pid):
    subprocess.run(["callgrind_control", option, str(pid)], check=True, capture_output=True)


def counted(stage, proxy, keep):
    """Instructions of one request. The profile is kept for `callgrind_annotate`."""
    sent(stage.cores, proxy, WARM)
    pid = proxy.programs[0].process.pid
    control("-z", pid)
    sent(stage.cores, proxy, COUNTED)
    control("-d", pid)
    dumped = max(stage.folder.glob(f"callgrind.out.{pid}*"), key=lambda file: file.stat().st_mtime)
    total = int(re.search(r"^(?:summary|totals): (\d+)", dumped.read_text(), re.MULTILINE)[1])
    kept = pathlib.Path(keep) / f"callgrind.{re.sub('[^a-z]+', '-', proxy.name)}"
    shutil.copy(dumped, kept)
    return total // COUNTED


def table(stage, guichet, keep):
    """One line for each way of a request through Guichet."""
    out = stage.folder / "callgrind.out.%p"
    guichet.program = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *guichet.program]
    lines = ["| | instructions a request |", "| --- | --- |"]
    for store in ("memory", "redis"):
        process, _ = guichet.start("guichet, public route", store=store)
        rows = [process] if store == "memory" else []
        rows.append(guichet.signed_in(process, f"guichet, signed in, {store}"))
        lines += [f"| {row.name} | {counted(stage, row, keep):,} |" for row in rows]
        for program in process.programs:
            Program.end(program)
    return "\n".join(lines)
