"""What a downloaded report document is made of: gzip or not, and text in some charset. Pure."""

from __future__ import annotations

import codecs
import zlib
from email.message import Message

from workers.amazon.errors import NotUnderstood

LARGEST_BYTES = 512 * 1024 * 1024
"""A seller's largest listings report stays far below it; a bomb of zeros does not."""

_SPELLINGS = {"windows-31j": "cp932", "iso-8859-1": "cp1252", "latin1": "cp1252"}
_GZIP = b"\x1f\x8b"
_GUESSES = ("utf-8-sig", "cp1252")


def unpacked(body: bytes, compression: str | None) -> bytes:
    """Undo the compression that Amazon declared. Raises NotUnderstood."""
    if compression is None:
        return body
    if compression.upper() != "GZIP":
        raise NotUnderstood(f"The report document is packed with {compression!r}, not with GZIP.")
    if not body.startswith(_GZIP):
        return body  # The HTTP client has unpacked it, since the answer said so of itself as well.
    data = bytearray()
    while body:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data += unpacker.decompress(body, LARGEST_BYTES - len(data) + 1)
        except zlib.error as error:
            raise NotUnderstood(f"The report document cannot be unpacked: {error}.") from error
        if len(data) > LARGEST_BYTES:
            raise NotUnderstood(f"The report document is larger than {LARGEST_BYTES} bytes.")
        if not unpacker.eof:
            raise NotUnderstood("The report document is cut off; ask for it again.")
        body = unpacker.unused_data
    return bytes(data)


def text(data: bytes, content_type: str | None) -> str:
    """Decode by the charset of the Content-Type, else as UTF-8, else as Windows' Latin.

    What Amazon calls ISO-8859-1 is read as cp1252, which differs only in signs that occur in no
    listing otherwise. Never fails: a byte without a meaning becomes a replacement sign.
    """
    for charset in (*_declared(content_type), *_GUESSES):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")


def _declared(content_type: str | None) -> tuple[str, ...]:
    header = Message()
    header["Content-Type"] = content_type or ""
    charset = header.get_content_charset() or ""
    try:
        return (codecs.lookup(_SPELLINGS.get(charset, charset)).name,)
    except LookupError:
        return ()
