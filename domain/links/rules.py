"""Links: the subID that an affiliate adds, the code that we give, the only places a link may lead.

Which page is meant is read in `landing`, how it is tagged is decided in `tags`.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from domain.catalog import shops
from domain.catalog.marketplaces import MARKETPLACES
from domain.catalog.rules import is_public_host
from domain.errors import Refusal, excerpt
from domain.links.landing import Landing, ShopPage

LONGEST_SUBID: Final = 100
CODE_ENTROPY_BYTES: Final = 10

_CODE: Final = re.compile(r"[a-z2-7]{16}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# {clickid}, {{ad.id}}, ${SUB}, [click_id], %%CACHEBUSTER%%, <sub>: filled in anew for each click.
_MACRO: Final = re.compile(r"[{}]|\[\w+\]|%%\w+%%|<\w+>")
_DESTINATION_HOSTS: Final = frozenset(f"www.{market.domain}" for market in MARKETPLACES)
_URL_SIGNS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#&=%+,;@!$'()*]+")


@dataclass(frozen=True, slots=True)
class Link:
    """One page for one partnership and subID: on Amazon, one tag."""

    id: UUID
    partnership_id: UUID
    subid: str | None
    landing: Landing
    code: str
    """What stands behind our redirect's /l/."""
    destination: str
    """The page's address, tagged."""
    left_out: tuple[str, ...] = field(default=(), compare=False)
    """Parameters of what was pasted that the link does not carry."""
    is_new: bool = field(default=True, compare=False)
    """Whether it was made just now, rather than found."""

    @property
    def shop_host(self) -> str | None:
        """The only host that a link to a shop leads to; None for a link to Amazon."""
        if isinstance(self.landing, ShopPage):
            return shops.host_of(self.landing.address)
        return None


@dataclass(eq=False)
class SubIdRefused(Refusal):
    subid: str
    reason: str

    @property
    def message(self) -> str:
        return f'The subID "{excerpt(self.subid)}" cannot be used: {self.reason}'


def subid(text: str) -> str | None:
    """The subID as kept, or None when the box was left empty. Raises SubIdRefused.

    Any printable text will do, since it never leaves us: Amazon sees a token in its place.
    """
    written = unicodedata.normalize("NFC", text).strip()
    if not written:
        return None
    if len(written) > LONGEST_SUBID:
        raise SubIdRefused(
            written,
            f"it has {len(written)} characters. Use {LONGEST_SUBID} at most.",
        )
    if not written.isprintable():
        raise SubIdRefused(written, "it has control characters. Use text on one line.")
    if _EMAIL.search(written):
        raise SubIdRefused(
            written,
            "it has an e-mail address. A subID names a place or a campaign, such as "
            '"spring newsletter", never a person.',
        )
    if _MACRO.search(written):
        raise SubIdRefused(
            written,
            "it looks like a macro that changes with each click. Amazon shows no figures for a "
            "subID under its click threshold, so a subID per click or visitor would stay empty "
            "for ever: name a place or a campaign instead.",
        )
    return written


def code(entropy: bytes) -> str:
    """A link's public code, made of 10 random bytes: 16 letters and digits that nobody guesses."""
    assert len(entropy) == CODE_ENTROPY_BYTES
    return b32encode(entropy).decode().lower()


def read_code(text: str) -> str | None:
    """A code as it came in an address, or None when no link could have it.

    Upper case is understood: some systems on the way, and people, change it.
    """
    lowered = text.lower()
    return lowered if _CODE.fullmatch(lowered) else None


def may_lead_to(address: str, shop_host: str | None) -> bool:
    """Whether a shopper may be sent to this address: the last check before a redirect (S14).

    True only for an https address that every reader takes apart the same way, on exactly the
    shop's host or, without one, on a marketplace's www host. Everything stored was built by
    `tags.destination` or `shops.tagged` and passes.
    """
    if _URL_SIGNS.fullmatch(address) is None or not address.startswith("https://"):
        return False
    host, slash, _ = address.removeprefix("https://").partition("/")
    if slash != "/":
        return False
    if shop_host is None:
        return host in _DESTINATION_HOSTS
    return host == shop_host and is_public_host(host)
