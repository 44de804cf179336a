"""The Amazon Attribution tag of a link: what we write into it, and how we know it again.

A tag has three places for text of ours, which come back in Amazon's reports:

- campaign = store and affiliate, so that Amazon's click threshold counts over all links of an
  affiliate for a store, and what is paid comes in one row;
- ad group = subID, one fixed token standing for "none";
- creative = landing page, because a tag may be used on one page only.

Nothing is registered with Amazon: it makes the campaign at the first click. The tokens are
functions of what they stand for, so the same things always give the same tag: an affiliate who
comes back to a store goes on with the clicks that Amazon has already counted.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import UUID

from domain.catalog.marketplaces import Marketplace
from domain.errors import Refusal, excerpt
from domain.links.landing import AmazonPage, DetailPage, Landing, ShopPage, StorePage, url

LONGEST_TOKEN: Final = 254
"""Characters. Amazon says "no longer than 255" in one place and "less than 255" in another."""

NO_SUBID: Final = "cl-g-none"
"""The ad group of links without a subID."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+")
_OURS: Final = re.compile(
    r"cl-(?:c-[a-z2-7]{16}-[a-z2-7]{16}|g-(?:none|[a-z2-7]{16})|p-[a-z0-9]{10,16})"
)
_OVERWRITTEN: Final = ("aa_campaignid", "aa_adgroupid", "aa_creativeid")
REQUIRED: Final = ("maas", "ref_", "tag", *_OVERWRITTEN)
"""What a tag has, each once."""


@dataclass(eq=False)
class BadToken(Refusal):
    token: str
    reason: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.token)}" cannot be part of an Amazon tag: {self.reason}. Use 1 to '
            f"{LONGEST_TOKEN} letters, digits, hyphens and underscores."
        )


@dataclass(eq=False)
class BadTemplate(Refusal):
    template: str
    reason: str

    @property
    def message(self) -> str:
        return (
            f'Amazon\'s tag template "{excerpt(self.template, 300)}" is not understood: '
            f"{self.reason}. No link is made from it, since Amazon would not measure it; fetch "
            "the store's tag from Amazon again, and report the template if it stays like this."
        )


@dataclass(frozen=True, slots=True)
class Tag:
    """The three tokens of a link. Raises BadToken when one could spoil Amazon's measurement."""

    campaign: str
    ad_group: str
    creative: str

    def __post_init__(self) -> None:
        for token in (self.campaign, self.ad_group, self.creative):
            if not token:
                raise BadToken(token, "it is empty")
            if len(token) > LONGEST_TOKEN:
                raise BadToken(token, f"it has {len(token)} characters")
            if _TOKEN.fullmatch(token) is None:
                raise BadToken(token, "it has characters that Amazon does not carry through")


def campaign_token(store_id: UUID, affiliate_id: UUID) -> str:
    """The campaign of an affiliate's links to a store.

    It names the store, since a campaign must never be shared between Amazon accounts or markets.
    """
    return f"cl-c-{_digest(store_id.bytes)}-{_digest(store_id.bytes + affiliate_id.bytes)}"


def ad_group_token(subid_id: UUID | None) -> str:
    """The ad group of a subID, by the id under which we keep it; its text never leaves us."""
    return NO_SUBID if subid_id is None else f"cl-g-{_digest(subid_id.bytes)}"


def creative_token(page: Landing) -> str:
    """The creative of a landing page: an ASIN as it is, of any other page a digest."""
    match page:
        case DetailPage(asin):
            return f"cl-p-{asin.lower()}"
        case StorePage(path):
            return f"cl-p-{_digest(path.encode())}"
        case ShopPage(address):
            return f"cl-p-{_digest(address.encode())}"


def is_ours(token: str) -> bool:
    """Whether a campaign, ad group or creative of a report is one of our tokens.

    The report mixes in the brand's own campaigns under names that people gave them.
    """
    return _OURS.fullmatch(token) is not None


def destination(page: AmazonPage, marketplace: Marketplace, template: str, tag: Tag) -> str:
    """The address that shoppers are sent to: the page with Amazon's template filled in.

    The template is the text that Amazon gave for the store, `?maas=…&aa_campaignid={…}&…`. Its
    placeholders are spelled differently in each of Amazon's documents, so they are never looked
    for: the three parameters are overwritten by name. Whatever else the template has is kept, in
    its order. Raises BadTemplate.
    """
    values = dict(zip(_OVERWRITTEN, (tag.campaign, tag.ad_group, tag.creative), strict=True))
    filled = [(name, values.get(name, value)) for name, value in _parameters(template)]
    # A page's canonical address has no query of its own, so the tag always begins with "?".
    return f"{url(page, marketplace)}?{urlencode(filled, quote_via=quote)}"


def check_template(template: str) -> None:
    """Whether links can be made of it. Raises BadTemplate."""
    _parameters(template)


def apart(address: str) -> tuple[dict[str, str], str]:
    """The tag of a link's address, and what is left of the address without it.

    Only the first of each parameter is the tag's, and no `tag` of an Associate's is. Raises
    ValueError for what is no address.
    """
    parts = urlsplit(address)
    tag: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in REQUIRED and name not in tag and (name != "tag" or value == "maas"):
            tag[name] = value
        else:
            others.append((name, value))
    return tag, parts._replace(query=urlencode(others, quote_via=quote)).geturl()


def _parameters(template: str) -> list[tuple[str, str]]:
    parameters = parse_qsl(template.removeprefix("?"), keep_blank_values=True)
    names = [name for name, _ in parameters]
    for required in REQUIRED:
        if names.count(required) != 1:
            raise BadTemplate(
                template, f"it has {required} {names.count(required)} times, not once"
            )
    for name, value in parameters:
        if not value and name in REQUIRED and name not in _OVERWRITTEN:
            raise BadTemplate(template, f"{name} is empty")
        if "{" in name or ("{" in value and name not in _OVERWRITTEN):
            raise BadTemplate(template, "a placeholder in it is unknown to us")
    return parameters


def _digest(content: bytes) -> str:
    """16 characters of 80 bits in one case, so that no system on the way can fold them."""
    return b32encode(blake2b(content, digest_size=10).digest()).decode().lower()
