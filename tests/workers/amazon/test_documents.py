import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.amazon import documents
from workers.amazon.errors import NotUnderstood


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/plain;charset=UTF-8", "utf-8"),
        ("text/tab-separated-values; charset=Cp1252", "cp1252"),
        ("text/plain; charset=ISO-8859-1", "cp1252"),
        (None, "utf-8"),
        (None, "cp1252"),
        ("text/plain", "utf-8-sig"),
        ("text/plain; charset=no-such-charset", "utf-8"),
        ("text/plain; charset=UTF-8", "cp1252"),
    ],
)
def test_a_european_document_is_decoded(content_type: str | None, encoding: str) -> None:
    assert documents.text("Müesli – 5 €".encode(encoding), content_type) == "Müesli – 5 €"


@pytest.mark.parametrize("charset", ["Windows-31J", "Shift_JIS", "cp932"])
def test_a_japanese_document_is_decoded(charset: str) -> None:
    data = "日本のマグ".encode("cp932")
    assert documents.text(data, f"text/plain; charset={charset}") == "日本のマグ"


@given(st.binary(), st.none() | st.text())
def test_any_bytes_become_text(data: bytes, content_type: str | None) -> None:
    assert isinstance(documents.text(data, content_type), str)


@given(st.lists(st.binary(), min_size=1))
def test_gzip_is_undone_whatever_number_of_members_it_has(parts: list[bytes]) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    assert documents.unpacked(packed, "GZIP") == b"".join(parts)


def test_a_document_without_compression_is_left_alone() -> None:
    assert documents.unpacked(b"seller-sku", None) == b"seller-sku"


def test_a_document_that_http_has_unpacked_already_is_left_alone() -> None:
    assert documents.unpacked(b"seller-sku", "GZIP") == b"seller-sku"


@pytest.mark.parametrize("cut", [3, 12, 30])
def test_a_document_cut_off_is_refused(cut: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 10)
    with pytest.raises(NotUnderstood, match="cut off"):
        documents.unpacked(packed[:cut], "GZIP")


def test_a_document_that_is_damaged_is_refused() -> None:
    packed = bytearray(gzip.compress(b"seller-sku" * 100))
    packed[-5] ^= 0xFF
    with pytest.raises(NotUnderstood, match="cannot be unpacked"):
        documents.unpacked(bytes(packed), "GZIP")


def test_another_compression_is_refused_by_name() -> None:
    with pytest.raises(NotUnderstood, match="ZSTD"):
        documents.unpacked(b"", "ZSTD")


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST_BYTES", 1_000_000)
    with pytest.raises(NotUnderstood, match="larger than"):
        documents.unpacked(zlib.compress(bytes(10_000_000), wbits=31), "GZIP")
