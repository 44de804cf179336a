"""What the audit suite of the reference server `graphql-http` asks of any server, in two ways.

`AUDITS` is the suite as a table, by its ids, for where there is no Node: it always runs. `suite()`
is the suite itself, as published. Each audit is an obligation (MUST), a recommendation (SHOULD) or
something that is allowed (MAY): not meeting it is an error, a warning or a notice.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"

NAME = "{ __typename }"
TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
NO_FIELD = "{ 8f31403dfe404bccbb0e835f2629c6a7 }"
NULL = "query CoerceFailure($id: ID!) { __typename }"
ENDS_EARLY = '{ "not a JSON'

Duty = Literal["MUST", "SHOULD", "MAY"]
LEVEL = {"MUST": "error", "SHOULD": "warn", "MAY": "notice"}


@dataclass(frozen=True)
class Audit:
    """A request and what its answer has to be."""

    id: str
    duty: Duty
    body: str | dict[str, Any] | None = None
    params: dict[str, str] | None = None
    """For a request by GET."""
    accept: str | None = None
    content_type: str | None = JSON
    status: tuple[int, int] = (200, 200)
    type: str = ""
    """What the answer's type contains."""
    lacks: str = ""
    """What the answer does not have."""


def _each(id: str, body: str, member: str, values: list[Any]) -> list[Audit]:
    """Values that a member of a request may not have."""
    return [
        Audit(f"{id}{place}", "MAY", {"query": body} | {member: value}, status=BAD)
        for place, value in enumerate(values)
    ]


BAD = (400, 400)
CLIENTS_FAULT = (400, 499)
ANY_FAULT = (400, 599)
NOT_TEXTS = [{"obj": "ect"}, 0, False, ["array"]]
NOT_OBJECTS = ["string", 0, False, ["array"]]
ASKED = {"query": NAME}
NAMED = {"query": "query Query { __typename }", "operationName": "Query"}
SOME_TYPE: dict[str, Any] = {"query": TYPE, "variables": {"name": "sometype"}}
SOME_TYPE_BY_GET = {"query": TYPE, "variables": '{"name":"sometype"}'}
EXTENDED: dict[str, Any] = {"query": NAME, "extensions": {"some": "value"}}
NULL_ID: dict[str, Any] = {"query": NULL, "variables": {"id": None}}

AUDITS = [
    # Which type the answer has, and how both are encoded
    Audit("22EB", "SHOULD", ASKED, accept=GRAPHQL, type=GRAPHQL),
    Audit("4655", "MUST", ASKED, accept=JSON, type=JSON),
    Audit("47DE", "SHOULD", ASKED, accept="*/*", type=JSON),
    Audit("80D8", "SHOULD", ASKED, type=JSON),
    Audit("82A3", "MUST", ASKED),
    Audit(
        "BF61",
        "MUST",
        {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'},
        content_type=f"{JSON}; charset=utf-8",
    ),
    Audit("78D5", "MUST", ASKED),
    # How it is sent
    Audit("2C94", "MUST", ASKED),
    Audit("5A70", "MAY", params=ASKED),
    Audit(
        "9C48", "MAY", params={"query": f"mutation {NAME}"}, accept=GRAPHQL, status=CLIENTS_FAULT
    ),
    Audit("9ABE", "SHOULD", ASKED, content_type=None, status=CLIENTS_FAULT),
    Audit("03D4", "MUST", ASKED),
    Audit("A5BF", "MAY", status=BAD),
    # What may stand in it
    Audit("423L", "MAY", {"notquery": NAME}, accept=GRAPHQL, status=BAD),
    *_each("LKJ", "", "query", NOT_TEXTS),
    Audit("34A2", "SHOULD", ASKED, accept=GRAPHQL),
    Audit("13EE", "MUST", ASKED, accept=JSON, lacks="errors"),
    *_each("6C0", NAME, "operationName", NOT_TEXTS),
    Audit("8161", "SHOULD", NAMED, accept=GRAPHQL),
    Audit("B8B3", "MUST", NAMED, accept=JSON, lacks="errors"),
    *(
        Audit(f"{id}{place}", duty, ASKED | {member: None}, accept=accept, lacks="errors")
        for place, member in enumerate(["variables", "operationName", "extensions"])
        for id, duty, accept in [("94B", "SHOULD", GRAPHQL), ("022", "MUST", JSON)]
    ),
    *_each("476", NAME, "variables", NOT_OBJECTS),
    Audit("2EA1", "SHOULD", SOME_TYPE, accept=GRAPHQL),
    Audit("28B9", "MUST", SOME_TYPE, accept=JSON, lacks="errors"),
    Audit("D6D5", "MAY", params=SOME_TYPE_BY_GET, accept=GRAPHQL, lacks="errors"),
    Audit("6A70", "MAY", params=SOME_TYPE_BY_GET, accept=JSON, lacks="errors"),
    *_each("58B", NAME, "extensions", NOT_OBJECTS),
    Audit("428F", "SHOULD", EXTENDED, accept=GRAPHQL),
    Audit("1B7A", "MUST", EXTENDED, accept=JSON, lacks="errors"),
    # What is no request
    Audit("B6DC", "MAY", ENDS_EARLY, accept=JSON, status=(200, 599)),
    Audit("BCF8", "SHOULD", ENDS_EARLY, accept=JSON, status=BAD),
    Audit("B7N8", "SHOULD", ENDS_EARLY, accept=GRAPHQL, status=BAD),
    Audit("8764", "MAY", {"qeury": NAME}, status=ANY_FAULT),
    Audit("3E3A", "MAY", {"qeury": NAME}, status=BAD),
    # What is one, and cannot be carried out
    Audit("572B", "SHOULD", {"query": "{"}, accept=JSON),
    Audit("FDE2", "SHOULD", {"query": NO_FIELD}, accept=JSON),
    Audit("7B9B", "SHOULD", NULL_ID, accept=JSON),
    Audit("865D", "SHOULD", {"query": "{"}, accept=GRAPHQL, status=ANY_FAULT),
    Audit("556A", "SHOULD", {"query": "{"}, accept=GRAPHQL, status=BAD),
    Audit("D586", "SHOULD", {"query": "{"}, accept=GRAPHQL, status=ANY_FAULT, lacks="data"),
    Audit("51FE", "SHOULD", {"query": NO_FIELD}, accept=GRAPHQL, status=ANY_FAULT),
    Audit("74FF", "SHOULD", {"query": NO_FIELD}, accept=GRAPHQL, status=BAD),
    Audit("5E5B", "SHOULD", {"query": NO_FIELD}, accept=GRAPHQL, status=ANY_FAULT, lacks="data"),
    Audit("86EE", "SHOULD", NULL_ID, accept=GRAPHQL, status=BAD),
]


VERSION = "1.23.1"
INTEGRITY = (
    "sha512-h6AcykL7+xp22QvOnK0fu1eHk9AZG1ngF71rk0ZGuGup"
    "njm1yqXRFrZ/eMv4Q1FTCWILJ5o6hVAxzt3S8/wPHQ=="
)
RUN = Path(__file__).with_name("audits.cjs")
_FETCH = 18
"""The first major version of Node that fetches by itself."""


class NoSuite(Exception):
    """The suite cannot be run here; says why."""


@dataclass(frozen=True)
class Suite:
    """The published audits, on this machine."""

    node: str
    package: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": os.environ["PATH"]})

    def command(self, url: str, headers: str = "{}") -> list[str]:
        """Asks the server at `url`, with `headers` (a JSON object) besides its own; prints a JSON
        list of {id, name, status, reason}."""
        return [self.node, str(RUN), str(self.package / "lib/audits/server.js"), url, headers]


def suite(kept: Path) -> Suite:
    """Fetched once into the folder `kept`. Raises NoSuite."""
    node = _node()
    package = kept / f"graphql-http-{VERSION}"
    if not package.exists():
        with tempfile.TemporaryDirectory(dir=_made(kept)) as folder:
            archive = _fetched(Path(folder))
            found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
            assert f"sha512-{found}" == INTEGRITY, f"graphql-http {VERSION} is not what it was"
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                tar.extractall(folder, filter="data")
            try:
                (Path(folder) / "package").rename(package)
            except OSError:
                assert package.exists(), "another process was first"
    return Suite(node, package)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise NoSuite("there is no Node here")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.removeprefix("v").split(".")[0]) < _FETCH:
        raise NoSuite(f"Node {said.strip()} is older than {_FETCH}")
    return node


def _fetched(folder: Path) -> bytes:
    """The package's archive, by npm, which knows this machine's registry, or straight from it."""
    npm = shutil.which("npm")
    if npm is not None:
        told = subprocess.run(
            [npm, "pack", "--silent", f"graphql-http@{VERSION}", "--pack-destination", str(folder)],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        archive = folder / f"graphql-http-{VERSION}.tgz"
        if told.returncode == 0 and archive.exists():
            return archive.read_bytes()
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or "https://registry.npmjs.org"
    address = f"{registry.rstrip('/')}/graphql-http/-/graphql-http-{VERSION}.tgz"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            archived: bytes = answer.read()
    except OSError as error:
        raise NoSuite(f"graphql-http {VERSION} cannot be fetched: {error}") from None
    return archived
