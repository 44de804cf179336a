"""Nothing that is installed is older than the version that mended a known hole."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import pytest
from packaging.version import Version

from tests.house.statements import ROOT

# package: (the first good version, what it mended)
FLOORS: Final = {
    "strawberry-graphql": ("0.312.3", "CVE-2026-35523, CVE-2026-35526: legacy WebSocket protocol"),
    "starlette": (
        "1.3.1",
        "PYSEC-2026-249, PYSEC-2026-248, CVE-2026-48710, CVE-2025-62727: forms without limits, a"
        " path or a Host that moves request.url, a Range header that costs quadratic time",
    ),
    "granian": ("2.7.4", "CVE-2026-42544: a header of a WebSocket's upgrade ends the worker"),
    "python-multipart": (
        "0.0.30",
        "CVE-2026-53538, CVE-2026-42561, CVE-2026-40347, CVE-2024-53981: parts, headers and"
        " boundaries that cost more than they weigh; fields that others do not see",
    ),
    "h11": ("0.16.0", "CVE-2025-43859: chunked bodies accepted with wrong line ends"),
    "httpx": ("0.23.0", "CVE-2021-41945: an address that leads elsewhere than it reads"),
    "idna": ("3.7", "CVE-2024-3651: a name that costs quadratic time"),
    "certifi": ("2024.7.4", "CVE-2024-39689: an authority that is trusted no longer"),
    "cryptography": (
        "46.0.7",
        "CVE-2026-39892, CVE-2026-34073, CVE-2026-26007, CVE-2024-12797: buffers, name"
        " constraints, curves, and OpenSSL in the wheels",
    ),
    "pyjwt": ("2.10.1", "CVE-2024-53861: an issuer that is a part of the right one"),
    "orjson": ("3.11.6", "CVE-2025-67221, CVE-2024-27454: nesting without end"),
    "redis": ("4.5.5", "CVE-2023-28859: a cancelled command's answer went to the next"),
    "pygments": ("2.15.0", "CVE-2022-40896: a text that costs exponential time"),
    "sqlparse": ("0.5.0", "CVE-2024-4340: nesting without end"),
}


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _locked(lock: Path) -> dict[str, str]:
    return {
        _name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE)
    }


INSTALLED: Final = {_name(one.metadata["Name"]): one.version for one in distributions()}
LOCKED: Final = {
    lock: _locked(ROOT / lock) for lock in ("requirements.lock", "requirements-dev.lock")
}


@pytest.mark.parametrize("package", FLOORS)
def test_is_not_below_its_floor(package: str) -> None:
    """Neither here nor where a lock is installed; a package that is nowhere has no hole."""
    floor, mended = FLOORS[package]
    versions = {where[package] for where in (INSTALLED, *LOCKED.values()) if package in where}

    assert all(Version(version) >= Version(floor) for version in versions), mended


def test_what_is_installed_is_what_is_locked() -> None:
    """The versions that are tested are the versions that run in production.

    A tool of somebody's own that no lock names is theirs to have.
    """
    locked = LOCKED["requirements-dev.lock"]
    here = {name: found for name, found in INSTALLED.items() if name in locked}

    assert here == {name: locked[name] for name in here}
    assert len(here) > 60
    assert LOCKED["requirements.lock"].items() <= locked.items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()

    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) > 40
    assert all(line.endswith("\\") for line in packages), "each package is followed by its hashes"
    assert "://" not in text
    assert "--index-url" not in text
