"""Make a tagged link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from secrets import token_bytes
from uuid import UUID

from db.pool import Tx
from domain.errors import NotFound
from domain.ids import encode
from domain.links import landing, queries, rules, tags
from domain.links.landing import DetailPage
from domain.links.place import Place, ready
from domain.links.rules import Link
from domain.links.tags import Tag


async def create_link(
    tx: Tx, account_id: UUID, partnership_id: UUID, pasted_url: str, subid: str, now: datetime,
    *, entropy: Callable[[int], bytes] = token_bytes,
) -> Link:  # fmt: skip
    """The link of a page and a subID ("" for none); the same two give the same link.

    Raises NotFound; what `place.ready` raises for a store or partnership without new links;
    SubIdRefused; and what `landing.landing` raises for what was pasted.
    """
    place = await queries.place(tx, account_id, partnership_id)
    if place is None:
        raise NotFound("partnership", encode("part", partnership_id))
    marketplace, template = ready(place)
    kept_subid = rules.subid(subid)
    page = landing.landing(pasted_url, marketplace)
    creative_id = await _creative(tx, account_id, place, page, now)
    ad_group_id, ad_group_token = await _ad_group(tx, account_id, place, kept_subid or "", now)
    tag = Tag(place.campaign_token, ad_group_token, tags.creative_token(page))
    link = Link(
        id=await queries.new_id(tx),
        partnership_id=partnership_id,
        subid=kept_subid,
        landing=page,
        code=await _free_code(tx, entropy),
        destination=tags.destination(page, marketplace, template, tag),
    )
    if await queries.insert(tx, account_id, link, ad_group_id, creative_id, now):
        await queries.insert_code(tx, account_id, link)
        return link
    known = await queries.existing(tx, account_id, partnership_id, ad_group_id, creative_id)
    assert known is not None, "links are never deleted"
    id, code, destination = known
    return replace(link, id=id, code=code, destination=destination)


async def _creative(
    tx: Tx, account_id: UUID, place: Place, page: landing.Landing, now: datetime
) -> UUID:
    kind, text = (
        ("DETAIL_PAGE", page.asin) if isinstance(page, DetailPage) else ("STORE_PAGE", page.path)
    )
    token = tags.creative_token(page)
    return await queries.creative(tx, account_id, place.store_id, kind, text, token, now)


async def _ad_group(
    tx: Tx, account_id: UUID, place: Place, subid: str, now: datetime
) -> tuple[UUID, str]:
    known = await queries.ad_group(tx, account_id, place.partnership_id, subid)
    if known is None:
        id = await queries.new_id(tx)
        token = tags.ad_group_token(id if subid else None)
        await queries.insert_ad_group(tx, account_id, id, place.partnership_id, subid, token, now)
        known = await queries.ad_group(tx, account_id, place.partnership_id, subid)
        assert known is not None, "it is there now, whoever made it"
    return known


async def _free_code(tx: Tx, entropy: Callable[[int], bytes]) -> str:
    """Two of 80 random bits are hardly ever the same; across all accounts it is looked up."""
    while True:
        code = rules.code(entropy(rules.CODE_ENTROPY_BYTES))
        if not await queries.code_is_taken(tx, code):
            return code
