"""A shop of the brand's own: its pages, and its products as people enter them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from domain.addresses import Unreadable, take_apart
from domain.errors import InvalidInput, Refusal, excerpt
from domain.money import decimal_text, minor_units

PARAMETER: Final = "clk"
"""What our links to a shop carry: the code of the link, for the shop to report its sales by."""

MOST_ROWS: Final = 100
LONGEST_PAGE: Final = 2_000
LONGEST_SKU: Final = 200
LONGEST_TITLE: Final = 500
LARGEST_QUANTITY: Final = 2**31 - 1

# Signs of an address that stand for themselves in a path or a query; all others are encoded.
_KEPT: Final = "%-._~:/?@!$&'()*+,;="


@dataclass(frozen=True, slots=True)
class Entry:
    """A product as somebody enters it. The price is a decimal, in the shop's currency when none is
    said; a quantity of None is one that nobody counts."""

    sku: str
    title: str
    url: str
    price: str | None = None
    currency: str | None = None
    image_url: str | None = None
    quantity: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class ShopProduct:
    """A product as kept; `url` is the canonical address of its page."""

    sku: str
    title: str
    url: str
    price_minor: int | None
    image_url: str | None
    quantity: int | None
    status: str


@dataclass(eq=False)
class NotAShop(Refusal):
    @property
    def message(self) -> str:
        return (
            "This is a store on Amazon, and what there is to know of it comes from Amazon. Choose "
            "a shop of the brand's own."
        )


@dataclass(eq=False)
class NotAShopPage(Refusal):
    pasted: str
    host: str
    """The shop's."""
    reason: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.pasted)}" is not a page of the shop at {self.host}: {self.reason}. '
            "Open the page in the shop and copy the address from the browser's address bar."
        )


@dataclass(eq=False)
class ShopInUse(Refusal):
    """Prices are in the shop's currency and days are of its time zone, so neither changes later."""

    @property
    def message(self) -> str:
        return (
            "The shop has products or offers, which are in its currency and go by its days, so "
            "currency and time zone stay. Its name and its address can be changed."
        )


def host_of(address: str) -> str:
    """The host of an address that is kept."""
    return urlsplit(address).netloc


def page(pasted: str, host: str) -> str:
    """The canonical address of a page of the shop at this host. Raises NotAShopPage.

    Path and query stay, the fragment goes, and so does a code of ours from another link.
    """
    text = pasted.strip()
    try:
        parts = take_apart(text)
    except Unreadable as why:
        raise NotAShopPage(text, host, str(why)) from None
    found = (parts.hostname or "").rstrip(".")
    if found != host:
        raise NotAShopPage(text, host, f"it is on {excerpt(found)}")
    path = quote(parts.path or "/", safe=_KEPT)
    query = "&".join(
        quote(one, safe=_KEPT) for one in parts.query.split("&") if one and not _is_ours(one)
    )
    address = f"https://{host}{path}{'?' if query else ''}{query}"
    if len(address) > LONGEST_PAGE:
        raise NotAShopPage(text, host, f"it has more than {LONGEST_PAGE:,} characters")
    return address


def carries_code(pasted: str) -> bool:
    """Whether the address, which `page` has accepted, has the parameter that a link sets anew."""
    return any(_is_ours(one) for one in take_apart(pasted).query.split("&"))


def tagged(page: str, code: str) -> str:
    """The page's address with the code of a link."""
    return f"{page}{'&' if '?' in page else '?'}{PARAMETER}={code}"


def read_entry(entry: Entry, host: str, currency: str) -> ShopProduct:
    """A product of the shop at this host, as kept. Raises InvalidInput or NotAShopPage."""
    return ShopProduct(
        sku=read_sku(entry.sku),
        title=_title(entry.title),
        url=page(entry.url, host),
        price_minor=_price(entry, currency),
        image_url=_image(entry.image_url),
        quantity=_quantity(entry.quantity),
        status="ACTIVE" if entry.active else "INACTIVE",
    )


def read_sku(text: str) -> str:
    """Raises InvalidInput."""
    sku = text.strip()
    if not sku.isprintable() or not 1 <= len(sku) <= LONGEST_SKU:
        raise InvalidInput("sku", f"A SKU has 1 to {LONGEST_SKU} characters.")
    return sku


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title.isprintable() or not 1 <= len(title) <= LONGEST_TITLE:
        raise InvalidInput("title", f"A title has 1 to {LONGEST_TITLE} characters.")
    return title


def _price(entry: Entry, currency: str) -> int | None:
    if entry.price is None:
        return None
    if entry.currency not in (None, currency):
        stated = excerpt(str(entry.currency))
        raise InvalidInput("price", f"The shop's currency is {currency}, not {stated}.")
    try:
        minor = minor_units(entry.price, currency)
    except InvalidInput as wrong:
        raise InvalidInput("price", wrong.reason) from None
    if minor < 0:
        raise InvalidInput("price", f"{decimal_text(minor, currency)} is no price. Use 0 or more.")
    return minor


def _image(text: str | None) -> str | None:
    """Shown by whoever shows the product, so it is an address of https and nothing else."""
    if text is None:
        return None
    try:
        parts = take_apart(text)
    except Unreadable as why:
        raise InvalidInput("imageUrl", f"This is no address of an image: {why}.") from None
    if parts.scheme != "https":
        raise InvalidInput("imageUrl", "The address of an image begins with https://.")
    path, query = quote(parts.path, safe=_KEPT), quote(parts.query, safe=_KEPT)
    address = f"https://{parts.netloc.lower()}{path}{'?' if query else ''}{query}"
    if not address.isascii() or len(address) > LONGEST_PAGE:
        raise InvalidInput("imageUrl", f"Use {LONGEST_PAGE:,} plain characters at most.")
    return address


def _quantity(pieces: int | None) -> int | None:
    if pieces is not None and not 0 <= pieces <= LARGEST_QUANTITY:
        raise InvalidInput("quantity", "Use 0 or more pieces, or leave it out.")
    return pieces


def _is_ours(parameter: str) -> bool:
    return unquote(parameter.partition("=")[0]) == PARAMETER
