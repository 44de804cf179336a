"""Which page a link leads to; and which Amazon page a person means by what they pasted.

A link to a shop of the brand's own leads to any of its pages (`domain.catalog.shops`). A link to
Amazon may lead to a product's detail page or to a page of the brand's Amazon Store, and only in the
store's own marketplace: Amazon measures nothing else. What a person pastes is read for those two
facts alone. The address that shoppers are sent to is written anew from them, so nothing else that
was pasted can ever reach a shopper's browser.

Parameters on a pasted address fall into four kinds:

- tracking and variation left-overs (`ref_`, `th`, `psc`, `pd_rd_w`, `ascsubtag` …) are left out;
- an Associates `tag` is refused: Amazon pays one programme for a sale, and a person who pastes
  their Associates link has to know that this link earns here instead;
- an Amazon Attribution tag (`maas`, `aa_…`) is refused: its clicks belong to another link;
- `utm_…` is refused rather than lost in silence, since no report could ever show it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from domain.catalog.marketplaces import Marketplace, by_host
from domain.links.pasting import (
    AlreadyTagged,
    AssociatesTag,
    NotALandingPage,
    PastedUrl,
    ShortLink,
    UtmNotSupported,
    WrongMarketplace,
    read,
)


@dataclass(frozen=True, slots=True)
class DetailPage:
    """The page of one product. The ASIN is upper-case."""

    asin: str


@dataclass(frozen=True, slots=True)
class StorePage:
    """A page of a brand's Amazon Store. The path is canonical and begins with /stores/."""

    path: str


@dataclass(frozen=True, slots=True)
class ShopPage:
    """A page of a shop of the brand's own, by its canonical address without a code of ours."""

    address: str


AmazonPage = DetailPage | StorePage
Landing = AmazonPage | ShopPage

# A product's id: B and nine more with a digit among them, or the ISBN-10 of a book.
_ASIN: Final = r"(B(?=[0-9A-Z]*[0-9])[0-9A-Z]{9}|[0-9]{9}[0-9X])(?![0-9A-Z])"
_BARE_ASIN: Final = re.compile(_ASIN, re.IGNORECASE)
_DETAIL_PATH: Final = re.compile(
    r"/(?:dp(?:/product|/aw/d)?|gp/product(?:/glance)?|gp/aw/(?:d|ol)|gp/d|gp/offer-listing"
    r"|exec/obidos/(?:ASIN|tg/detail/-)|o/ASIN|d|d/[^/]+/[^/]+|product-reviews)/" + _ASIN,
    re.IGNORECASE,
)
_UUID: Final = r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"
_STORE_PAGE: Final = re.compile(
    rf"/stores/(?:[^/]+/){{0,3}}page/({_UUID})(?![0-9A-Z-])", re.IGNORECASE
)
_STORE_NODE: Final = re.compile(r"/stores/(?:[^/]+/)?node/([0-9]{1,20})(?![0-9A-Z])", re.IGNORECASE)
_STORE_HOME: Final = re.compile(r"/stores/([^/?&;=]{1,100})(?:/ref=[^/]*)?/?", re.IGNORECASE)
_NOT_A_BRAND: Final = {"page", "node", "author", "home"}
# Sponsored results are copied as a click counter that names the page in a parameter.
_CLICK_COUNTERS: Final = ("/sspa/click", "/gp/slredirect/")
_SHOP_SUBDOMAINS: Final = {"", "www", "smile", "m", "mobile"}
_SHORTENERS: Final = {
    "a.co", "amzn.to", "amzn.com", "amzn.eu", "amzn.asia", "amzn.in", "amzlink.to",
}  # fmt: skip


def landing(pasted: str, marketplace: Marketplace) -> AmazonPage:
    """The page that is meant, by an address in any common form or by a bare ASIN.

    Raises NotAnAmazonPage, ShortLink, WrongMarketplace, NotALandingPage, AssociatesTag,
    AlreadyTagged or UtmNotSupported.
    """
    if _BARE_ASIN.fullmatch(pasted.strip()):
        return DetailPage(pasted.strip().upper())
    url = _within(marketplace, read(pasted))
    found = _page(url.path)
    if found is None:
        raise NotALandingPage(url.path)
    _refuse_other_tracking(url, found)
    return found


def left_out(pasted: str) -> tuple[str, ...]:
    """The names of the parameters that a link will not carry over, for a notice to the person.

    For text that `landing` has accepted.
    """
    if _BARE_ASIN.fullmatch(pasted.strip()):
        return ()
    return tuple(dict.fromkeys(name for name, _ in _behind_click_counter(read(pasted)).parameters))


def url(page: AmazonPage, marketplace: Marketplace) -> str:
    """The page's canonical address: https, www, no query."""
    path = f"/dp/{page.asin}" if isinstance(page, DetailPage) else page.path
    return f"https://www.{marketplace.domain}{path}"


def _within(marketplace: Marketplace, url: PastedUrl) -> PastedUrl:
    if url.host.removeprefix("www.") in _SHORTENERS:
        raise ShortLink(url.host)
    found = by_host(url.host)
    if found is None:
        raise url.not_amazon()
    if found != marketplace:
        raise WrongMarketplace(found.domain, marketplace.domain)
    if url.host.removesuffix(found.domain).rstrip(".") not in _SHOP_SUBDOMAINS:
        raise NotALandingPage(f"{url.host}{url.path}")
    return _behind_click_counter(url)


def _behind_click_counter(url: PastedUrl) -> PastedUrl:
    if url.path.startswith(_CLICK_COUNTERS):
        for name, value in url.parameters:
            if name == "url" and value.startswith("/") and not value.startswith("//"):
                return read(f"https://{url.host}{value}")
    return url


def _page(path: str) -> AmazonPage | None:
    if {".", ".."} & set(path.split("/")):
        return None
    if store := _STORE_PAGE.match(path):
        return StorePage(f"/stores/page/{store.group(1).upper()}")
    if node := _STORE_NODE.match(path):
        return StorePage(f"/stores/node/{node.group(1)}")
    if detail := _DETAIL_PATH.search(path):
        return DetailPage(detail.group(1).upper())
    home = _STORE_HOME.fullmatch(path)
    if home and home.group(1).isprintable() and home.group(1).lower() not in _NOT_A_BRAND:
        return StorePage(f"/stores/{quote(home.group(1), safe='')}")
    return None


def _refuse_other_tracking(url: PastedUrl, page: AmazonPage) -> None:
    for name, value in url.parameters:
        parameter = name.lower()
        if parameter == "maas" or parameter.startswith("aa_"):
            raise AlreadyTagged(name)
        if parameter.startswith("utm_"):
            raise UtmNotSupported(name)
        # Amazon's own Attribution tag also says tag=maas; its other parts are named above.
        if parameter == "tag" and value and value.lower() != "maas":
            raise AssociatesTag(value)
    if isinstance(page, DetailPage):
        # The oldest Associates links carry the tag as a step of the path: /ASIN/B000…/mine-20.
        step = re.search(rf"/{page.asin}/([a-z0-9-]+-2[0-9])(?:/|$)", url.path, re.IGNORECASE)
        if step:
            raise AssociatesTag(step.group(1))
