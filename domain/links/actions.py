"""Make links, one or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from secrets import token_bytes
from uuid import UUID

from db.pool import Tx
from domain.catalog import shops
from domain.errors import InvalidInput, NotFound, Refusal
from domain.ids import encode
from domain.links import aim, queries, rules, tags
from domain.links.aim import (
    MOST_AT_ONCE,
    OfProduct,
    Plan,
    Target,
    Wanted,
)
from domain.links.landing import DetailPage, Landing, ShopPage, StorePage
from domain.links.place import OnAmazon
from domain.links.queries import Key
from domain.links.rules import Link
from domain.links.tags import Tag

Entropy = Callable[[int], bytes]


async def create_link(
    tx: Tx, account_id: UUID, partnership_id: UUID, target: Target, subid: str, now: datetime,
    *, entropy: Entropy = token_bytes,
) -> Link:  # fmt: skip
    """The link of a page and a subID ("" for none); the same two give the same link.

    Raises what `aim.plan` raises.
    """
    wanted = [Wanted(partnership_id, target, subid)]
    [made] = await create_links(tx, account_id, wanted, now, entropy=entropy)
    if isinstance(made, Refusal):
        raise made
    return made


async def create_links(
    tx: Tx, account_id: UUID, wanted: Sequence[Wanted | Refusal], now: datetime,
    *, entropy: Entropy = token_bytes,
) -> list[Link | Refusal]:  # fmt: skip
    """For each wish its link, or why there is none; what was refused before stays so in its place.

    They do not depend on each other: whatever can be refused is refused before anything is
    written, so the others need no savepoint. Asking again gives the same links. Raises
    InvalidInput for more than 100 at once.
    """
    _check_number(wanted)
    asked = [one for one in wanted if isinstance(one, Wanted)]
    partnerships = {one.partnership_id for one in asked if one.partnership_id is not None}
    places = await queries.places(tx, account_id, partnerships)
    named = {one.target.product_id for one in asked if isinstance(one.target, OfProduct)}
    products = await queries.products(tx, account_id, named) if named else {}
    outcomes: list[Plan | Refusal] = []
    for one in wanted:
        try:
            if isinstance(one, Refusal):
                raise one
            outcomes.append(aim.plan(one, places, products))
        except Refusal as why:
            outcomes.append(why)
    plans = [one for one in outcomes if isinstance(one, Plan)]
    links = await _links(tx, account_id, plans, now, entropy) if plans else {}
    return [
        replace(links[_name(one)], left_out=one.left_out) if isinstance(one, Plan) else one
        for one in outcomes
    ]


async def find_places(
    tx: Tx, affiliate_id: UUID, wanted: Sequence[Wanted | Refusal]
) -> list[tuple[UUID | None, Wanted | Refusal]]:
    """Of each wish of an affiliate, asked as the affiliate: the account in which the link is to be
    made, and the wish with its partnership; no account where nothing that it names is theirs.

    Raises InvalidInput for more than 100 at once.
    """
    _check_number(wanted)
    asked = [one for one in wanted if isinstance(one, Wanted)]
    partnerships = {one.partnership_id for one in asked if one.partnership_id is not None}
    products = {
        one.target.product_id
        for one in asked
        if one.partnership_id is None and isinstance(one.target, OfProduct)
    }
    accounts = await queries.accounts_of(tx, affiliate_id, partnerships)
    by_product = await queries.partnerships_of(tx, affiliate_id, products) if products else {}
    found: list[tuple[UUID | None, Wanted | Refusal]] = []
    for one in wanted:
        place: UUID | None = None
        missing: Refusal | None = None
        if isinstance(one, Wanted) and one.partnership_id is not None:
            place = accounts.get(one.partnership_id)
            missing = NotFound("partnership", encode("part", one.partnership_id))
        elif isinstance(one, Wanted) and isinstance(one.target, OfProduct):
            place, partnership_id = by_product.get(one.target.product_id, (None, None))
            missing = NotFound("product", encode("prod", one.target.product_id))
            one = replace(one, partnership_id=partnership_id)
        # Otherwise refused before, or for want of a partnership.
        found.append((place, one if place is not None or missing is None else missing))
    return found


def _check_number(wanted: Sequence[object]) -> None:
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput("links", f"Ask for 1 to {MOST_AT_ONCE} links at once.")


async def set_storefront(tx: Tx, account_id: UUID, store_id: UUID, pasted: str | None) -> None:
    """Say where the brand's Store page on Amazon is; None for nowhere. Links made before stay.

    Raises NotFound and what `aim.storefront` raises.
    """
    store = await queries.lock_store(tx, account_id, store_id)
    if store is None:
        raise NotFound("store", encode("stor", store_id))
    url = None if pasted is None else aim.storefront(pasted, store)
    await queries.set_storefront(tx, account_id, store_id, url)


# What makes two wishes one link: partnership, kept subID, page.
_Name = tuple[UUID, str, str]


def _name(plan: Plan) -> _Name:
    return plan.place.partnership_id, plan.subid or "", _kept(plan.page)[1]


async def _links(
    tx: Tx, account_id: UUID, plans: Sequence[Plan], now: datetime, entropy: Entropy
) -> dict[_Name, Link]:
    """Pages first, then subIDs, then links, each in one order, so that two who make many links at
    the same time wait for each other and never both."""
    by_name = {_name(plan): plan for plan in plans}
    creatives = await _creatives(tx, account_id, plans, now)
    ad_groups = await _ad_groups(tx, account_id, plans, now)
    made: dict[Key, Link] = {}
    names: dict[_Name, Key] = {}
    codes = await _free_codes(tx, len(by_name), entropy)
    ids = await queries.new_ids(tx, len(by_name))
    for (name, plan), code, id in zip(by_name.items(), codes, ids, strict=True):
        ad_group_id, ad_group_token = ad_groups[name[0], name[1]]
        key = Key(name[0], ad_group_id, creatives[plan.place.store_id, name[2]])
        names[name] = key
        made[key] = Link(
            id=id,
            partnership_id=plan.place.partnership_id,
            subid=plan.subid,
            landing=plan.page,
            code=code,
            destination=_destination(plan, ad_group_token, code),
        )
    new = await queries.insert(tx, account_id, sorted(made.items(), key=lambda one: one[0]), now)
    await queries.insert_codes(tx, account_id, [one for one in made.values() if one.id in new])
    known = {key for key, link in made.items() if link.id not in new}
    if known:
        for key, (id, code, destination) in (await queries.existing(tx, account_id, known)).items():
            made[key] = replace(made[key], id=id, code=code, destination=destination, is_new=False)
    return {name: made[key] for name, key in names.items()}


async def _creatives(
    tx: Tx, account_id: UUID, plans: Sequence[Plan], now: datetime
) -> dict[tuple[UUID, str], UUID]:
    """The id of each page's creative, by store and page."""
    pages = {
        (plan.place.store_id, text): (kind, tags.creative_token(plan.page))
        for plan in plans
        for kind, text in [_kept(plan.page)]
    }
    rows = [(*place, *kept) for place, kept in sorted(pages.items())]
    return await queries.creatives(tx, account_id, rows, now)


async def _ad_groups(
    tx: Tx, account_id: UUID, plans: Sequence[Plan], now: datetime
) -> dict[tuple[UUID, str], tuple[UUID, str]]:
    """Id and token of each subID's ad group, by partnership and subID."""
    wanted = sorted({_name(plan)[:2] for plan in plans})
    known = await queries.ad_groups(tx, account_id, wanted)
    missing = [one for one in wanted if one not in known]
    if missing:
        ids = await queries.new_ids(tx, len(missing))
        rows = [
            (id, partnership_id, subid, tags.ad_group_token(id if subid else None))
            for id, (partnership_id, subid) in zip(ids, missing, strict=True)
        ]
        await queries.insert_ad_groups(tx, account_id, rows, now)
        known = await queries.ad_groups(tx, account_id, wanted)
    return known


def _destination(plan: Plan, ad_group_token: str, code: str) -> str:
    if isinstance(plan.page, ShopPage):
        return shops.tagged(plan.page.address, code)
    store = plan.place.store
    assert isinstance(store, OnAmazon), "a page on Amazon is a store's there"
    assert store.tag_template is not None, "no link is planned without one"
    tag = Tag(plan.place.campaign_token, ad_group_token, tags.creative_token(plan.page))
    return tags.destination(plan.page, store.marketplace, store.tag_template, tag)


def _kept(page: Landing) -> tuple[str, str]:
    """A page's kind and text as they are kept."""
    match page:
        case DetailPage(asin):
            return "DETAIL_PAGE", asin
        case StorePage(path):
            return "STORE_PAGE", path
        case ShopPage(address):
            return "SHOP_PAGE", address


async def _free_codes(tx: Tx, count: int, entropy: Entropy) -> list[str]:
    """Two of 80 random bits are hardly ever the same; across all accounts it is looked up."""
    free: list[str] = []
    while len(free) < count:
        drawn = [rules.code(entropy(rules.CODE_ENTROPY_BYTES)) for _ in range(count - len(free))]
        taken = await queries.codes_taken(tx, drawn)
        free = list(dict.fromkeys([*free, *(code for code in drawn if code not in taken)]))
    return free
