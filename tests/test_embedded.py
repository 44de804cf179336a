"""What an installation without servers of its own gets."""

from __future__ import annotations

import os
from pathlib import Path

from domain.sealing import Keyring
from embedded import _sealing_keys


def test_the_sealing_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = _sealing_keys(tmp_path)
    finally:
        os.umask(before)

    assert Keyring.parse(made).active == "dev1"
    assert (tmp_path / "sealing.key").stat().st_mode & 0o777 == 0o600
    assert _sealing_keys(tmp_path) == made
