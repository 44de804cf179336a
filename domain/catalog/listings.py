"""A seller's listings, read from either of Amazon's two sources into the same rows. Pure.

`from_report` reads GET_MERCHANT_LISTINGS_ALL_DATA, a tab-delimited file without quoting whose
columns come and go; `from_search` reads a page of searchListingsItems. Only a SKU and an ASIN make
a listing; all else may be missing and is None then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

Fulfilment = Literal["AMAZON", "MERCHANT"]

_ASIN: Final = re.compile(r"[A-Z0-9]{10}")
_LONGEST_RAW: Final = 2_000
_SPELLINGS: Final = {"fulfilment-channel": "fulfillment-channel"}
_ESSENTIAL: Final = ("seller-sku", "asin1")


@dataclass(frozen=True, slots=True)
class Listing:
    """One SKU of a seller in one marketplace.

    `price` is a decimal as Amazon wrote it, without a currency. `quantity` is None for goods in
    Amazon's warehouses, `fulfilment` and `status` where Amazon left them out. `status` is one of
    Amazon's words: Active, Inactive or Incomplete.
    """

    seller_sku: str
    asin: str
    title: str
    price: str | None
    quantity: int | None
    fulfilment: Fulfilment | None
    status: str | None


@dataclass(frozen=True, slots=True)
class QuarantinedListing:
    """An entry kept apart: why, which one it is (from 1), and its text as received."""

    reason: str
    position: int
    raw: str


@dataclass(frozen=True, slots=True)
class Listings:
    """All listings of a report, or of one page of a search."""

    rows: list[Listing]
    quarantined: list[QuarantinedListing]


class UnreadableListings(ValueError):
    """The whole file or page cannot be used; the message says why and what to do."""


class _Unusable(ValueError):
    """Why one entry is kept apart, in words."""


def from_report(text: str) -> Listings:
    """Read the report's text. Raises UnreadableListings when its header is not the English one."""
    # Only line feeds end a line here: titles may hold the other signs that splitlines() honours.
    header, *lines = text.removeprefix("\ufeff").replace("\0", "").split("\n")
    names = _column_names(header)
    numbered = ((n, line.rstrip("\r")) for n, line in enumerate(lines, start=1) if line.strip())
    return _collect((n, line, lambda line=line: _from_line(line, names)) for n, line in numbered)


def from_search(body: bytes, marketplace_id: str) -> Listings:
    """Read one page of searchListingsItems. Raises UnreadableListings when it is none."""
    try:
        items = msgspec.json.decode(body, type=_SearchPage).items
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableListings(
            f"Amazon's answer is no page of listings: {error}. Ask for it again."
        ) from error
    return _collect(
        (n, _legible(item), lambda item=item: _from_item(item, marketplace_id))
        for n, item in enumerate(items, start=1)
    )


def _collect(entries: Iterable[tuple[int, str, Any]]) -> Listings:
    rows: dict[str, Listing] = {}
    quarantined = []
    for position, raw, read in entries:
        try:
            listing = read()
            if listing.seller_sku in rows:
                raise _Unusable(f"SKU {listing.seller_sku!r} stands here a second time")
            rows[listing.seller_sku] = listing
        except _Unusable as error:
            quarantined.append(QuarantinedListing(str(error), position, raw[:_LONGEST_RAW]))
    return Listings(list(rows.values()), quarantined)


def _column_names(header: str) -> dict[str, int]:
    """Map each column's name to its place, the first one where a name is repeated."""
    names: dict[str, int] = {}
    for place, cell in enumerate(header.rstrip("\r").split("\t")):
        name = cell.strip().strip('"').lower()
        names.setdefault(_SPELLINGS.get(name, name), place)
    missing = [name for name in _ESSENTIAL if name not in names]
    if missing:
        shown = ", ".join(header.split("\t")[:4]).strip()[:120] or "an empty line"
        raise UnreadableListings(
            f"The listings report has no column {' and no column '.join(missing)}; it begins with: "
            f"{shown}. Reports in another language are not read: ask for the report with "
            "preferredReportDocumentLocale set to en_US, and again in some hours if Amazon still "
            "answers with an older copy."
        )
    return names


def _from_line(line: str, names: dict[str, int]) -> Listing:
    cells = line.split("\t")

    def cell(name: str) -> str:
        place = names.get(name, len(cells))
        return cells[place].strip() if place < len(cells) else ""

    quantity = cell("quantity")
    return _listing(
        sku=cell("seller-sku"),
        asin=cell("asin1"),
        title=cell("item-name"),
        price=cell("price") or None,
        quantity=int(quantity) if _is_quantity(quantity) else None,
        fulfilment=_fulfilment(cell("fulfillment-channel")),
        status=cell("status") or None,
    )


class _SearchPage(msgspec.Struct):
    items: list[msgspec.Raw]


class _Summary(msgspec.Struct, rename="camel"):
    marketplace_id: str | None = None
    asin: str | None = None
    item_name: str | None = None
    status: list[str] = []


class _Price(msgspec.Struct):
    amount: Any = None


class _Offer(msgspec.Struct, rename="camel"):
    marketplace_id: str | None = None
    offer_type: str | None = None
    price: _Price | None = None


class _Availability(msgspec.Struct, rename="camel"):
    fulfillment_channel_code: str | None = None
    quantity: int | None = None


class _Item(msgspec.Struct, rename="camel"):
    sku: str | None = None
    summaries: list[_Summary] = []
    offers: list[_Offer] = []
    fulfillment_availability: list[_Availability] = []


# A price that comes as a number is handed on as its text, so that it never becomes a float.
_decode_item = msgspec.json.Decoder(_Item, float_hook=str).decode


def _from_item(raw: msgspec.Raw, marketplace_id: str) -> Listing:
    try:
        item = _decode_item(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Unusable(f"The entry cannot be read: {error}") from error
    summary = next((s for s in item.summaries if s.marketplace_id == marketplace_id), _Summary())
    offer = next(
        (o for o in item.offers if o.marketplace_id == marketplace_id and o.offer_type == "B2C"),
        _Offer(),
    )
    channels = {
        _fulfilment(a.fulfillment_channel_code or ""): a for a in item.fulfillment_availability
    }
    fulfilment: Fulfilment | None = (
        "AMAZON" if "AMAZON" in channels else "MERCHANT" if "MERCHANT" in channels else None
    )
    stock = channels.get("MERCHANT") if fulfilment == "MERCHANT" else None
    return _listing(
        sku=(item.sku or "").strip(),
        asin=(summary.asin or "").strip(),
        title=(summary.item_name or "").strip(),
        price=str(offer.price.amount) if offer.price and offer.price.amount else None,
        quantity=stock.quantity if stock else None,
        fulfilment=fulfilment,
        status=("Active" if "BUYABLE" in summary.status else "Inactive") if summary.asin else None,
    )


def _listing(
    *,
    sku: str,
    asin: str,
    title: str,
    price: str | None,
    quantity: int | None,
    fulfilment: Fulfilment | None,
    status: str | None,
) -> Listing:
    if not sku:
        raise _Unusable("There is no SKU, so the listing cannot be told from others")
    if not asin:
        raise _Unusable(f"SKU {sku!r:.60} has no ASIN, so no link can lead to it")
    if _ASIN.fullmatch(asin) is None:
        raise _Unusable(f"SKU {sku!r:.60} has {asin!r:.40}, which is no ASIN")
    clean = title.replace("\0", "")
    return Listing(sku.replace("\0", ""), asin, clean, price, quantity, fulfilment, status)


def _fulfilment(channel: str) -> Fulfilment | None:
    if channel.startswith("AMAZON"):
        return "AMAZON"
    return "MERCHANT" if channel == "DEFAULT" else None


def _is_quantity(text: str) -> bool:
    return len(text) < 10 and text.isascii() and text.isdigit()


def _legible(raw: msgspec.Raw) -> str:
    return bytes(raw).decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
