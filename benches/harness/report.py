"""Tables into `docs/performance.md`, each between its own two markers."""

from harness.machine import REPOSITORY

PAGE = REPOSITORY / "docs/performance.md"


def write(name, text):
    """Replaces what stands between `<!-- name -->` and `<!-- end of name -->`; prints it as well."""
    print(f"\n{text}\n", flush=True)
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = PAGE.read_text()
    before, rest = page.split(begin, 1)
    _, after = rest.split(end, 1)
    PAGE.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")
