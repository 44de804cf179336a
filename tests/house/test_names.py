"""What the house looks like from the street: names, lengths, and what it does not speak of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.statements import ROOT

_SAYS_NOTHING = {"utils", "util", "common", "helpers", "helper", "manager", "service", "services"}
_NOT_OURS = {".git", ".venv", ".data", ".hypothesis", "__pycache__"}
_MOST_LINES = 400
# Written in two parts, so that this file does not contain what it looks for.
_ELSEWHERE = ["/wor" + "k/", "../sha" + "red"]
# These start a process, and so may look at what it was started with.
_ENTRY_POINTS = {
    "api/__main__.py", "api/app.py", "db/migrate.py", "embedded.py", "house.py", "run.py",
    "workers/__main__.py",
}  # fmt: skip


def test_a_name_says_what_is_inside() -> None:
    assert [str(path) for path in _files() if path.stem.lower() in _SAYS_NOTHING] == []


def test_no_file_of_the_product_is_long() -> None:
    lengths = {
        str(path): len(_read(path).splitlines())
        for path in _files("*.py")
        if path.parts[0] not in ("tests", "bench")
    }

    assert len(lengths) > 50
    assert {file: lines for file, lines in lengths.items() if lines > _MOST_LINES} == {}


def test_tests_are_no_package() -> None:
    """With an __init__.py, `import schema` in a test would mean tests/schema."""
    assert [str(path) for path in _files("__init__.py") if path.parts[0] == "tests"] == []


def test_the_project_speaks_of_itself_alone() -> None:
    found = [
        f"{path}:{number}"
        for path in _files()
        if path.suffix in (".py", ".md", ".sql", ".toml", ".lock", ".graphql", "")
        for number, line in enumerate(_read(path).splitlines(), 1)
        if any(word in line for word in _ELSEWHERE)
    ]

    assert found == []


# Our own secrets begin so, and those of the services that an installation has to do with.
_SECRETS = re.compile(
    r"whsec_[A-Za-z0-9+/]{24}|clk_[A-Za-z0-9]{30}|Atz[ar]\|[\w-]{20}|AKIA[0-9A-Z]{16}"
    r"|amzn1\.oa2-cs\.v1\.[0-9a-f]{20}|gh[ps]_[A-Za-z0-9]{20}|sk_live_\w{10}"
    r"|-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----[\s\\n]+[A-Za-z0-9+/]{20}"
)


def test_nothing_secret_is_checked_in() -> None:
    planted = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert _SECRETS.search(f'SECRET = "{planted}"') is not None
    assert [str(path) for path in _files() if _SECRETS.search(_read(path))] == []


def test_the_environment_is_read_where_a_process_begins() -> None:
    found = {
        path.as_posix()
        for path in _files("*.py")
        if path.parts[0] not in ("tests", "bench", "chaos", "demo", "sandbox")
        and re.search(r"\bos\.(environ|getenv)\b", _read(path))
    }

    assert found <= _ENTRY_POINTS


def test_the_example_names_every_variable_of_the_environment() -> None:
    example = re.findall(r"^#? ?([A-Z][A-Z_]+)=", _read(Path(".env.example")), re.MULTILINE)
    read = [
        call.args[0].value
        for call in ast.walk(ast.parse(_read(Path("config.py"))))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("text", "number")
        and isinstance(call.args[0], ast.Constant)
    ]

    assert len(read) > 10
    assert len(set(example)) == len(example)
    assert set(example) == set(read)


def _files(pattern: str = "*") -> Iterator[Path]:
    """Files of the project, without what is made or installed beside them."""
    for top in sorted(ROOT.iterdir()):
        if top.name in _NOT_OURS:
            continue  # servers of other tests make and remove files there meanwhile
        for path in sorted(top.rglob(pattern)) if top.is_dir() else [top]:
            inside = path.relative_to(ROOT)
            hidden = any(part in _NOT_OURS or part.endswith("_cache") for part in inside.parts)
            if path.match(pattern) and path.is_file() and not hidden:
                yield inside


def _read(path: Path) -> str:
    return (ROOT / path).read_text(errors="replace")
