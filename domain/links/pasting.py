"""Reading what a person pasted as an address, and the reasons for refusing it as a landing page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

from domain.addresses import Unreadable, take_apart
from domain.errors import Refusal, excerpt

# People cut and join addresses by hand, so parameters may follow the path without a question mark.
_STRAY_PARAMETER: Final = re.compile(r"[?&;]([\w.-]+)=([^?&;/]*)", re.ASCII)


@dataclass(eq=False)
class NotAnAmazonPage(Refusal):
    pasted: str
    reason: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.pasted)}" is not a page on Amazon: {self.reason}. Open the product '
            "or the Store page on Amazon and copy the address from the browser's address bar."
        )


@dataclass(eq=False)
class ShortLink(Refusal):
    host: str

    @property
    def message(self) -> str:
        return (
            f"{self.host} is a short link, and what is behind it cannot be checked here. "
            "Open it and paste the address you land on."
        )


@dataclass(eq=False)
class WrongMarketplace(Refusal):
    """Both are domains without www, such as amazon.co.uk."""

    found: str
    wanted: str

    @property
    def message(self) -> str:
        return (
            f"This page is on {self.found}, but the store sells on {self.wanted}. Amazon measures "
            f"a link only in the store's own marketplace: find the page on {self.wanted}."
        )


@dataclass(eq=False)
class NotALandingPage(Refusal):
    path: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.path)}" on Amazon is neither a product page nor a page of a brand\'s '
            "Store. Amazon measures links to those two only, not to search results, carts or "
            "short names: open the product or the Store page and paste its address."
        )


@dataclass(eq=False)
class AssociatesTag(Refusal):
    tag: str

    @property
    def message(self) -> str:
        return (
            f'This address carries the Amazon Associates tag "{excerpt(self.tag)}". Amazon does '
            "not allow both on one link and would measure neither rightly. Remove the tag or "
            "paste the plain product page; the link then earns commission here, not at Associates."
        )


@dataclass(eq=False)
class AlreadyTagged(Refusal):
    parameter: str

    @property
    def message(self) -> str:
        return (
            f"This address already carries an Amazon Attribution tag ({excerpt(self.parameter)}), "
            "and a second one would spoil the measurement of both. Paste the plain page: "
            "everything up to, but without, the question mark."
        )


@dataclass(eq=False)
class UtmNotSupported(Refusal):
    parameter: str

    @property
    def message(self) -> str:
        return (
            f"UTM reporting is not supported on Amazon links ({excerpt(self.parameter)}): Amazon "
            "drops these parameters and reports nothing about them. Remove them and give the "
            "link a subID instead; clicks and sales are reported per subID."
        )


@dataclass(frozen=True, slots=True)
class PastedUrl:
    """An address taken apart: host in lower case, path decoded once, parameters in order."""

    text: str
    host: str
    path: str
    parameters: tuple[tuple[str, str], ...]

    def not_amazon(self) -> NotAnAmazonPage:
        return NotAnAmazonPage(self.text, f"{excerpt(self.host)} is not an Amazon shop")


def read(pasted: str) -> PastedUrl:
    """Take an address apart; http, https or no scheme at all. Raises NotAnAmazonPage."""
    text = pasted.strip()
    try:
        parts = take_apart(text)
    except Unreadable as why:
        raise NotAnAmazonPage(text, str(why)) from None
    path = unquote(parts.path)
    query = parse_qsl(parts.query.replace(";", "&"), keep_blank_values=True)
    host = (parts.hostname or "").rstrip(".")
    return PastedUrl(text, host, path, (*_STRAY_PARAMETER.findall(path), *query))
