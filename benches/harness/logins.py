"""What a login costs us: the whole of it at the provider of the tests, and its dear parts one by one."""

import json
import statistics
import subprocess

from harness.guichet import Guichet
from harness.machine import REPOSITORY, node, say
from harness.person import Person
from harness.stage import Stage

# Before anything is counted: the provider's documents are fetched once, its keys are read once.
WARM = 10
# A round is so many turns of so many logins: a bad second of the machine spoils one turn of a way, and the median passes
# it over.
TURNS, COUNTED = 4, 10
SCOPES = ["openid", "identite_pivot", "email"]
# A name, the preset, `signing_alg`, `encryption_alg`, and the bits of our RSA key.
WAYS = [
    ("FranceConnect, ES256", "franceconnect", "ES256", None, None),
    ("FranceConnect, RS256", "franceconnect", "RS256", None, None),
    ("FranceConnect+, ES256, ECDH-ES", "franceconnect-plus", "ES256", "ECDH-ES", None),
    ("FranceConnect+, ES256, RSA-OAEP, 2048 bits", "franceconnect-plus", "ES256", "RSA-OAEP", 2048),
    ("FranceConnect+, ES256, RSA-OAEP-256, 2048 bits", "franceconnect-plus", "ES256", "RSA-OAEP-256", 2048),
    ("FranceConnect+, ES256, RSA-OAEP-256, 3072 bits", "franceconnect-plus", "ES256", "RSA-OAEP-256", 3072),
    ("FranceConnect+, ES256, RSA-OAEP-256, 4096 bits", "franceconnect-plus", "ES256", "RSA-OAEP-256", 4096),
]


def key(folder, bits):
    """A private key as `guichet keys generate` makes it, of the length that is asked for; on P-256 where none is."""
    kind = f"RSA -pkeyopt rsa_keygen_bits:{bits}" if bits else "EC -pkeyopt ec_paramgen_curve:P-256"
    folder.mkdir(mode=0o700, parents=True)
    file = folder / "current.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", *kind.split(), "-out", file], check=True, capture_output=True)
    file.chmod(0o600)
    return file


def entry(preset, signing):
    """The provider's entry in the configuration."""
    return f'preset = "{preset}"\nsigning_alg = "{signing}"\nscopes = {json.dumps(SCOPES)}'


class Way:
    """A gateway at a provider."""

    def __init__(self, name, stage, program, how):
        self.name, self.stage = name, stage
        preset, signing, encryption, bits = how
        text, encrypted = entry(preset, signing), {}
        if encryption:
            keys = stage.folder / f"keys-{encryption}-{bits}"
            key(keys / "encryption", bits)
            text += f'\nencryption_alg = "{encryption}"\nkeys_dir = "{keys}"'
            for message in ("id_token", "userinfo"):
                encrypted[f"{message}_encrypted_response_alg"] = encryption
                encrypted[f"{message}_encrypted_response_enc"] = "A256GCM"

        def client(site):
            ours = {"jwks_uri": f"{site}/rp-jwks.json", **encrypted} if encrypted else {}
            return {"scope": " ".join(SCOPES), "more": ours}

        gateway = Guichet(stage, stage.cores, program)
        self.process, _ = gateway.start(name, store="redis", entry=text, client=client)
        self.process.path = "/in/"

    def logins(self, count):
        """So many people, each with a browser of their own; microseconds of our CPU a login."""
        before = self.process.cpu_ns()
        for _ in range(count):
            Person(self.stage.accounts).signs_in(self.process.url("1k"))
        return (self.process.cpu_ns() - before) / 1000 / count

    def once_more(self):
        """A turn in which somebody did not arrive is repeated; the second time is the end of the benchmark."""
        try:
            return self.logins(COUNTED)
        except RuntimeError as error:
            say(f"{self.name}, once more: {str(error).splitlines()[0]}")
            return self.logins(COUNTED)


def ways(folder, cores, program):
    """All of them, each at its provider."""
    stages, ways = {}, []
    for name, *how in WAYS:
        provider = tuple(how[:2])
        if provider not in stages:
            place = folder / "-".join(provider)
            place.mkdir()
            stages[provider] = Stage(place, cores, *provider)
        ways.append(Way(name, stages[provider], program, how))
    for way in ways:
        way.logins(WARM)
    return ways


def whole(folder, cores, program, rounds):
    """So many turns of every way, in one order and then in the other."""
    every = ways(folder, cores, program)
    measured = {way.name: [] for way in every}
    for number in range(rounds * TURNS):
        for way in every if number % 2 == 0 else reversed(every):
            measured[way.name].append(way.once_more())
            say(f"{way.name}: {measured[way.name][-1]:.0f} µs")
    lines = ["| a login | CPU ms |", "| --- | --- |"]
    for name, each in measured.items():
        least, most = min(each) / 1000, max(each) / 1000
        lines.append(f"| {name} | {statistics.median(each) / 1000:.2f} ({least:.2f}–{most:.2f}) |")
    return "\n".join(lines)


def parts(folder, cores, program):
    """The same functions of the program, on messages of `jose`, one after the other on a core."""
    keys = {"ECDH-ES": key(folder / "P-256", None)}
    for bits in (2048, 3072, 4096):
        keys[f"RSA-OAEP, {bits} bits"] = keys[f"RSA-OAEP-256, {bits} bits"] = key(folder / str(bits), bits)
    asked = {name: file.read_text() for name, file in keys.items()}
    made = subprocess.run(
        [node(), REPOSITORY / "benches/harness/messages.mjs"],
        input=json.dumps(asked), check=True, capture_output=True, text=True,
    ).stdout
    messages = folder / "messages.json"
    messages.write_text(made)
    said = subprocess.run(cores.on(cores.proxy, [program, messages]), check=True, capture_output=True, text=True)
    lines = ["| of it | CPU µs |", "| --- | --- |"]
    for line in said.stdout.splitlines():
        name, nanoseconds = line.split("\t")
        lines.append(f"| {name} | {int(nanoseconds) / 1000:.0f} |")
    return "\n".join(lines)


def table(folder, cores, programs, rounds):
    """Both tables. `programs` are the gateway and that of benches/logins.rs."""
    gateway, functions = programs
    apart = parts(folder, cores, functions)
    together = whole(folder, cores, gateway, rounds)
    return f"{together}\n\n{apart}"
