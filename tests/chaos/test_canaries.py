"""A secret in clear is found in whatever file and form it stands, and none where there is none."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from chaos.checking.canaries import check, of_story
from chaos.checking.findings import Wrong
from chaos.checking.story import Story

SECRET = "Atzr|" + "IwEBIA3kd_81-zX02mQwPq7tY"  # which would be taken for one that was checked in
AROUND = b"\x00\x07some other bytes of a page\xff"


@pytest.mark.parametrize(
    "written",
    [
        SECRET.encode(),
        f'{{"refresh_token": "{SECRET}"}}'.encode(),
        f"grant_type=refresh_token&refresh_token={quote(SECRET, safe='')}".encode(),
        base64.b64encode(SECRET.encode()),
        base64.b64encode(b"user:" + SECRET.encode()),
        base64.b64encode(b"a user:" + SECRET.encode() + b"!"),
    ],
)
def test_it_is_found(written: bytes, tmp_path: Path) -> None:
    (tmp_path / "postgres" / "pg_wal").mkdir(parents=True)
    (tmp_path / "postgres" / "pg_wal" / "000000010000").write_bytes(AROUND + written + AROUND)

    [found] = check(tmp_path, {"Ads's refresh token": SECRET})

    assert found.wrong is Wrong.LEAKED
    assert "Ads's refresh token stands in postgres/pg_wal/000000010000" in found.what


def test_what_is_no_leak_is_none(tmp_path: Path) -> None:
    """Its first characters, by which people recognise it; and what was told to the runner."""
    (tmp_path / "api.log").write_bytes(SECRET[:10].encode() + AROUND)
    (tmp_path / "history-7.jsonl").write_text(SECRET)
    (tmp_path / "letter.eml").write_text(SECRET)

    assert list(check(tmp_path, {"it": SECRET})) == []


def test_what_was_shown_once_is_looked_for() -> None:
    lines = [
        {"op": "secret", "what": "a key", "text": "clk_1"},
        {"op": "endpoint", "path": "/healthy", "secret": "whsec_1"},
    ]

    assert of_story(Story.of(lines)) == {"a key": "clk_1", "the secret of /healthy": "whsec_1"}
