"""The machine: what is installed, which core does what, and programs that run until the benchmark is over."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = {
    "wrk": "wrk",
    "h2load": "nghttp2-client",
    "nginx": "nginx",
    "haproxy": "haproxy",
    "apache2": "apache2",
    "redis-server": "redis-server",
    "openssl": "openssl",
    "taskset": "util-linux",
}
OIDC_MODULE = pathlib.Path("/usr/lib/apache2/modules/mod_auth_openidc.so")


def say(text):
    print(f"== {text}", flush=True)


def install_what_is_lacking():
    """Debian's packages, none of which starts a service; and the Node packages of the provider."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    lacking = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if not OIDC_MODULE.exists():
        lacking.append("libapache2-mod-auth-openidc")
    if lacking:
        say(f"installing from Debian: {' '.join(lacking)}")
        as_root = [] if os.getuid() == 0 else ["sudo"]
        # The run level keeps the packages from starting what they install.
        env = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-qy", "--no-install-recommends", *lacking]):
            subprocess.run([*as_root, *env, *command], check=True, stdout=subprocess.DEVNULL)
    if not node().exists():
        say("installing the Node packages of tests/provider (its lock file)")
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, check=True, cwd=REPOSITORY / "tests/provider", stdout=subprocess.DEVNULL)


def node():
    """Node 22, which a package of the provider's lock file brings."""
    platform = "arm64" if os.uname().machine == "aarch64" else "x64"
    return REPOSITORY / f"tests/provider/node_modules/node-linux-{platform}/bin/node"


def example(name):
    """The program `benches/NAME.rs`, built like the released one."""
    say(f"building benches/{name}.rs")
    command = ["cargo", "build", "--profile=profiling", "--locked", "--quiet", f"--example={name}"]
    subprocess.run(command, check=True, cwd=REPOSITORY)
    target = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
    return f"{target}/profiling/examples/{name}"


class Cores:
    """Which cores the proxy has, and which the load, the application, Redis and the provider share."""

    def __init__(self, threads):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise SystemExit("two cores are needed: one for the proxy, one for the load")
        # With one thread, nobody disturbs the proxy's core. With two on a machine of two cores, everybody is everywhere.
        self.proxy = cores[-threads:]
        self.load = cores[:-threads] or cores
        self.threads = threads

    @staticmethod
    def on(cores, command):
        return ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A program in a process group of its own, ended with the benchmark."""

    running = []

    def __init__(self, name, command, log, env=None, stdin=None):
        self.name = name
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=stdin or subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        Program.running.append(self)

    def listens_at(self, port):
        """Waits until it accepts connections."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return self
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{self.name} does not listen\n{tail}")

    def pids(self):
        """Every process of its group."""
        group = self.process.pid
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                if int(fields[2]) == group:
                    found.append(int(entry.name))
        return found

    def cpu_ns(self):
        """Nanoseconds on a core, of all threads of all its processes."""
        total = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                try:
                    total += int((task / "schedstat").read_text().split()[0])
                except OSError:
                    continue
        return total

    def moves_to(self, cores):
        """All its threads, from now on."""
        where = ["taskset", "-a", "-c", "-p", ",".join(map(str, cores))]
        for pid in self.pids():
            subprocess.run([*where, str(pid)], check=True, stdout=subprocess.DEVNULL)

    def rss_kib(self):
        """Resident memory of all its processes."""
        total = 0
        for pid in self.pids():
            try:
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmRSS:"):
                        total += int(line.split()[1])
            except OSError:
                continue
        return total

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        if self in Program.running:
            Program.running.remove(self)

    @classmethod
    def end_all(cls):
        for program in list(cls.running):
            program.end()
