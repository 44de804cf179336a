"""Nothing that is installed is older than the version that mended a known hole."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.version import Version

from tests.house.statements import ROOT

# package: (the first good version, what it mended)
FLOORS = {
    "strawberry-graphql": ("0.312.3", "CVE-2026-35523, CVE-2026-35526: legacy WebSocket protocol"),
    "starlette": ("0.49.1", "CVE-2025-62727: a Range header that costs quadratic time"),
    "python-multipart": (
        "0.0.18",
        "CVE-2024-53981: a malformed boundary that costs a log line a byte",
    ),
    "h11": ("0.16.0", "CVE-2025-43859: chunked bodies accepted with wrong line ends"),
    "cryptography": ("44.0.1", "CVE-2024-12797: OpenSSL in the wheels"),
    "redis": ("4.5.5", "CVE-2023-28859: a cancelled command's answer went to the next"),
}


@pytest.mark.parametrize("package", FLOORS)
def test_is_not_below_its_floor(package: str) -> None:
    floor, mended = FLOORS[package]

    assert Version(version(package)) >= Version(floor), mended


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_is_installed_is_what_is_locked(lock: str) -> None:
    """The versions that are tested are the versions that run in production."""
    locked = dict(
        line.split(" ")[0].split("==")
        for line in (ROOT / lock).read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    )

    assert {package: locked[package] for package in FLOORS} == {
        package: version(package) for package in FLOORS
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()

    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) > 40
    assert all(line.endswith("\\") for line in packages), "each package is followed by its hashes"
    assert "://" not in text
    assert "--index-url" not in text
