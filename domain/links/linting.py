"""What is wrong with a link that exists, by the rules that a new one is made by. Pure.

A link's address is the page's own with Amazon's tag behind it. Without the tag it is what a person
might have pasted, and is read by the same rule: a second tag, an Associates tag, utm parameters,
another marketplace are found there. The tag itself has to be whole and this link's. A link to a
shop of the brand's own is its page there with the link's code behind it, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.catalog import shops
from domain.catalog.marketplaces import Marketplace
from domain.errors import Refusal, excerpt
from domain.links.landing import DetailPage, landing
from domain.links.rules import may_lead_to
from domain.links.tags import REQUIRED, apart

_INSTEAD: Final = "Share a new link in its place, made with another subID."


@dataclass(frozen=True, slots=True)
class TaggedLink:
    """A link to Amazon as it is kept, with what it was made for."""

    destination: str
    landing: str
    """An ASIN, or the path of a Store page."""
    marketplace: Marketplace
    """The store's."""
    campaign_token: str
    ad_group_token: str
    creative_token: str


def problems(link: TaggedLink) -> list[str]:
    """Sentences for people, what is wrong and what to do; none when all is right."""
    found = []
    if not may_lead_to(link.destination, None):
        found.append(f"The address has signs or a host that shoppers are not sent to. {_INSTEAD}")
    try:
        tag, page_address = apart(link.destination)
        page = landing(page_address, link.marketplace)
        text = page.asin if isinstance(page, DetailPage) else page.path
        if text != link.landing:
            found.append(
                f"It leads to {excerpt(text)}, and its clicks are counted for "
                f"{excerpt(link.landing)}. {_INSTEAD}"
            )
    except Refusal as refusal:
        found.append(refusal.message)
    except ValueError:
        return [*found, f"The address cannot be read. {_INSTEAD}"]
    return [*found, *_of_tag(tag, link)]


def problems_at_shop(destination: str, page: str, shop_url: str, code: str) -> list[str]:
    """The same of a link with this code to a page of the shop at `shop_url`, as it is kept now."""
    host = shops.host_of(shop_url)
    if not may_lead_to(destination, host):
        return [f"It does not lead to the shop, which is at {host}. {_INSTEAD}"]
    if destination != shops.tagged(page, code):
        return [f"It does not lead to {excerpt(page)} with its own code. {_INSTEAD}"]
    return []


def _of_tag(tag: dict[str, str], link: TaggedLink) -> list[str]:
    lacking = [name for name in REQUIRED if name not in tag]
    wanted = {
        "aa_campaignid": link.campaign_token,
        "aa_adgroupid": link.ad_group_token,
        "aa_creativeid": link.creative_token,
    }
    others = [name for name, token in wanted.items() if tag.get(name, token) != token]
    found = []
    if lacking:
        found.append(
            f"Amazon's tag on it lacks {', '.join(lacking)}, so Amazon does not measure it. "
            f"{_INSTEAD}"
        )
    if others:
        found.append(
            f"Amazon's tag on it is another link's ({', '.join(others)}), so its sales are counted "
            f"there. {_INSTEAD}"
        )
    return found
