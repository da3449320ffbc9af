"""A profile of the program: built with counters, it is put under load, and leaves what it counted when it ends."""

import os
import subprocess

from harness import compare, load, logins
from harness.guichet import Guichet
from harness.machine import REPOSITORY, Cores, Program, say
from harness.stage import Stage

PROFILE = REPOSITORY / "deploy/guichet.profdata"
SECONDS = 4
LOGINS = 40
# A login runs once where requests run a thousand times. Without a weight all of it would count as what never happens.
WEIGHT_OF_LOGINS = 200


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY).stdout.strip()


def with_counters():
    """The program, built to count."""
    say("building the program with counters")
    host = next(line.split()[1] for line in said_by("rustc", "-vV").splitlines() if line.startswith("host: "))
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--package", "guichet", "--bin", "guichet"]
    env = {**os.environ, "RUSTFLAGS": "-Cprofile-generate"}
    subprocess.run([*command, "--target", host], check=True, cwd=REPOSITORY, env=env)
    target = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
    return f"{target}/{host}/release/guichet"


def put_under_load(folder, program):
    """Each way of a request, on HTTP/1.1 and HTTP/2, small and large; proxied, and decided for nginx."""
    cores = Cores(1)
    stage = Stage(folder, cores)
    guichet = Guichet(stage, cores, program)
    rows = compare.ours(stage, cores, guichet)[2:]
    logging, _ = guichet.start("guichet with its log", log="info")
    rows += [guichet.signed_in(logging, "with the access log"), compare.behind_nginx(stage, cores, guichet)]
    for row in rows:
        say(row.name)
        load.wrk(cores, row, "1k", SECONDS)
    load.wrk(cores, rows[1], "1m", SECONDS)
    for row in compare.ours(stage, cores, guichet, tls=True)[1:]:
        say(f"{row.name}, HTTP/2 with TLS")
        for size in ("1k", "1m"):
            compare.h2(stage, cores, size, SECONDS)(row)
    Program.end_all()


def sign_in(folder, program):
    """People at each kind of provider."""
    for way in logins.ways(folder, Cores(1), program):
        say(way.name)
        way.logins(LOGINS)
    Program.end_all()


def write(folder):
    """Builds, loads, and writes the profile: functions that never ran are left away."""
    program = with_counters()
    counted = []
    for work, weight in ((put_under_load, 1), (sign_in, WEIGHT_OF_LOGINS)):
        counts, place = folder / f"counts-{work.__name__}", folder / work.__name__
        place.mkdir()
        place.chmod(0o711)
        # Each process leaves a file of its own.
        os.environ["LLVM_PROFILE_FILE"] = f"{counts}/%p-%m.profraw"
        work(place, program)
        counted.append(f"--weighted-input={weight},{counts}")
    profdata = f"{said_by('rustc', '--print', 'target-libdir')}/../bin/llvm-profdata"
    subprocess.run([profdata, "merge", "--sparse", f"--output={PROFILE}", *counted], check=True)
    say(f"{PROFILE.relative_to(REPOSITORY)}: {PROFILE.stat().st_size} bytes")
