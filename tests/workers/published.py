"""The library in JavaScript that receivers verify webhooks with, as it is published."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = {
    ("standardwebhooks", "1.1.1"): (
        "bCbX9ZEyFkWPsRz7Bl3NuQUJohmwGSev/yhr7vhaGPlc4AfIrspIRa6cPTBuI1ItmrTDJ4d/S2hCsfe4+vQGnQ=="
    ),
    ("@stablelib/base64", "1.0.1"): (
        "1bnPQqSxSuc3Ii6MhBysoWCg58j97aUjuCSZrGSmDxNqtytIi0k8utUenAwTZN4V5mXXYGsVUI9zeBqy+jBOSQ=="
    ),
    ("fast-sha256", "1.3.0"): (
        "n11RGP/lrWEFI/bWdygLxhI+pVeo1ZYIVwvvPkW7azl/rOy+F3HYRZ2K5zeE9mmkhQppyv9sQFx0JM9UabnpPQ=="
    ),
}
"""And their SHA-512."""
_RUN = Path(__file__).with_name("verifying.cjs")


class NoLibrary(Exception):
    """It cannot be run here; says why."""


@dataclass(frozen=True)
class Library:
    node: str
    folder: Path

    def verified(self, cases: Sequence[dict[str, Any]]) -> list[bool]:
        """Of each {secret, headers, body in base64}, whether it verifies."""
        told = subprocess.run(
            [self.node, str(_RUN), str(self.folder / "standardwebhooks")],
            input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        verdicts: list[bool] = json.loads(told.stdout)
        return verdicts


def library(kept: Path) -> Library:
    """Fetched once into the folder `kept`. Raises NoLibrary."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        raise NoLibrary("there is no Node here")
    modules = kept / "node_modules"
    if not modules.exists():
        if npm is None:
            raise NoLibrary("there is no npm here")
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as folder:
            made = Path(folder) / "node_modules"
            for (name, version), digest in PACKAGES.items():
                _fetch(npm, name, version, digest, Path(folder), made / name)
            try:
                made.rename(modules)
            except OSError:
                assert modules.exists(), "another process was first"
    return Library(node, modules)


def _fetch(npm: str, name: str, version: str, digest: str, folder: Path, to: Path) -> None:
    told = subprocess.run(
        [npm, "pack", "--silent", f"{name}@{version}", "--pack-destination", str(folder)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    archive = folder / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if told.returncode or not archive.exists():
        raise NoLibrary(f"npm cannot fetch {name} {version}")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert found == digest, f"{name} {version} is not what it was"
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "unpacked" / name, filter="data")
    to.parent.mkdir(parents=True, exist_ok=True)
    (folder / "unpacked" / name / "package").rename(to)
