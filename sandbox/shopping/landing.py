"""Reads a URL as Amazon's shop front does: which page is it, and is its tag a good one?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sandbox.amazon.publishers import BY_ID, Publisher
from sandbox.marketplaces import US, Marketplace, by_host
from sandbox.shopping.events import Landing, Tag

FORBIDDEN = frozenset("/&=#?+'\"%$")
MAX_ID_LENGTH = 254

_ASIN = re.compile(r"^/(?:[^/]+/)?(?:dp|gp/product|gp/aw/d)/([A-Z0-9]{10})(?:/.*)?$", re.IGNORECASE)
_PAGE = re.compile(r"^/stores/(?:[^/]+/)*page/([0-9A-Fa-f-]{36})(?:/.*)?$")
_MAAS = re.compile(r"^maas_adg_api_(\d+)_(static|macro)_(\d+)_(\d+)$")
_IDS = ("aa_campaignid", "aa_adgroupid", "aa_creativeid")
_ONCE = ("maas", "ref_", "tag", *_IDS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a URL turned out to be."""

    landing: Landing
    tag: Tag | None
    """None when there is no tag, or none that can be read."""
    problems: tuple[str, ...]
    """Why the tag measures nothing. Empty for a good tag and for a visit without one."""
    notes: tuple[str, ...] = ()
    """What is odd but measured."""


def arrive(url: str, marketplace: Marketplace | None = None) -> Arrival:
    """Read a URL: absolute on a shop front's host, or a path of the sandbox's own origin.

    A path may begin with a shop front's host name (`/www.amazon.ca/dp/…`); without one it is the
    US shop's, unless `marketplace` says otherwise.
    """
    parts = urlsplit(url)
    path = parts.path
    shop = marketplace or by_host(parts.netloc)
    first, _, rest = path.removeprefix("/").partition("/")
    named = by_host(first) if "." in first else None
    if named is not None:
        shop, path = named, f"/{rest}"
    landing = _page(path, shop or US)
    pairs = [_pair(piece) for piece in parts.query.split("&") if piece]
    if not any(name in ("maas", *_IDS) for name, _ in pairs):
        return Arrival(landing, None, ())
    return _read_tag(landing, pairs)


def _page(path: str, marketplace: Marketplace) -> Landing:
    if product := _ASIN.match(path):
        return Landing(marketplace.id, asin=product.group(1).upper())
    if page := _PAGE.match(path):
        return Landing(marketplace.id, page_id=page.group(1).upper())
    return Landing(marketplace.id)


def _pair(piece: str) -> tuple[str, str]:
    """A plus sign stays one: in an id it is forbidden, and must be seen to be refused."""
    name, _, value = piece.partition("=")
    return unquote(name), unquote(value)


def _read_tag(landing: Landing, pairs: list[tuple[str, str]]) -> Arrival:
    problems: list[str] = []
    notes: list[str] = []
    values = dict(reversed(pairs))
    for name in _ONCE:
        count = sum(1 for other, _ in pairs if other == name)
        if count == 0:
            problems.append(f"{name} is missing")
        elif count > 1:
            problems.append(f"{name} is there {count} times")
    for name, wanted in (("ref_", "aa_maas"), ("tag", "maas")):
        if name in values and values[name] != wanted:
            problems.append(f"{name} is {values[name]!r} instead of {wanted!r}")
    for name in _IDS:
        problems += _faults_of_id(name, values.get(name, ""))
        if "{" in values.get(name, ""):
            notes.append(f"{name} holds a placeholder that was never filled in")
    if landing.target is None:
        problems.append("the page is neither a product's nor a Store's")
    maas = _MAAS.match(values.get("maas", ""))
    if maas is None:
        problems.append("maas is not an API tag's")
        return Arrival(landing, None, tuple(problems), tuple(notes))
    advertiser_id, kind, publisher_id, _ = maas.groups()
    publisher = BY_ID.get(publisher_id)
    if publisher is None or publisher.macro_enabled != (kind == "macro"):
        problems.append(f"publisher {publisher_id} has no {kind} tag")
    campaign, adgroup, creative = (values.get(name, "") for name in _IDS)
    tag = Tag(advertiser_id, _name(publisher), campaign, adgroup, creative)
    return Arrival(landing, tag, tuple(problems), tuple(notes))


def _name(publisher: Publisher | None) -> str:
    return "" if publisher is None else publisher.name


def _faults_of_id(name: str, value: str) -> list[str]:
    faults = []
    if not value:
        faults.append(f"{name} is empty")
    if len(value) > MAX_ID_LENGTH:
        faults.append(f"{name} has {len(value)} characters; {MAX_ID_LENGTH} are the most")
    bad = sorted(set(value) & FORBIDDEN)
    if bad:
        faults.append(f"{name} contains {' '.join(bad)}")
    return faults
