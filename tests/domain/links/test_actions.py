from __future__ import annotations

import asyncio
from itertools import chain, cycle
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from domain.affiliates.rules import Status
from domain.errors import NotFound
from domain.links.actions import create_link
from domain.links.landing import DetailPage, StorePage
from domain.links.pasting import (
    AlreadyTagged,
    AssociatesTag,
    NotALandingPage,
    NotAnAmazonPage,
    ShortLink,
    UtmNotSupported,
    WrongMarketplace,
)
from domain.links.place import NoNewLinks, NotMeasuringYet, StoreDisconnected
from domain.links.rules import SubIdRefused, may_lead_to, read_code
from tests.factories import (
    NOW,
    a_partnership,
    a_store,
    an_account,
    an_offer,
)

PAGE = "https://www.amazon.com/Acme-Garlic-Press/dp/B08N5WRWNW/ref=sr_1_1?th=1"
OTHER_PAGE = "https://www.amazon.com/dp/B07XJ8C8F5"
STORE_PAGE = "https://www.amazon.com/stores/page/0D1C2B3A-1111-2222-3333-444455556666"


async def link(db, account_id, partnership_id, pasted=PAGE, subid="", **entropy):
    async with db.transaction(account_id) as tx:
        return await create_link(tx, account_id, partnership_id, pasted, subid, NOW, **entropy)


async def a_partner(owner, store_of=a_store):
    account_id = await an_account(owner)
    store_id = await store_of(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return account_id, await a_partnership(owner, account_id, store_id, offer_id)


def tag(made):
    return {name: value for name, [value] in parse_qs(urlsplit(made.destination).query).items()}


async def test_a_link_leads_to_the_brands_own_page_with_the_affiliates_tag(db, owner):
    """S14, S45."""
    account_id, partnership_id = await a_partner(owner)

    made = await link(db, account_id, partnership_id)

    assert made.destination.startswith("https://www.amazon.com/dp/B08N5WRWNW?maas=")
    assert may_lead_to(made.destination, None)
    assert made.landing == DetailPage("B08N5WRWNW")
    campaign = await owner.fetchval("SELECT campaign_token FROM partnership")
    assert tag(made) == {
        "maas": "maas_adg_api_1_static_12_1",
        "ref_": "aa_maas",
        "tag": "maas",
        "aa_campaignid": campaign,
        "aa_adgroupid": "cl-g-none",
        "aa_creativeid": "cl-p-b08n5wrwnw",
    }


async def test_the_code_of_a_link_is_found_without_the_account(db, owner):
    account_id, partnership_id = await a_partner(owner)

    made = await link(db, account_id, partnership_id)

    row = await owner.fetchrow("SELECT * FROM link_code")
    assert dict(row) == {
        "code": made.code,
        "account_id": account_id,
        "link_id": made.id,
        "partnership_id": partnership_id,
        "destination": made.destination,
        "shop_host": None,
    }
    assert read_code(made.code) == made.code


async def test_many_pages_of_a_store_are_one_campaign_of_the_affiliate(db, owner):
    """S46, S49."""
    account_id, partnership_id = await a_partner(owner)

    links = [
        await link(db, account_id, partnership_id, page) for page in (PAGE, OTHER_PAGE, STORE_PAGE)
    ]

    assert len({tag(made)["aa_campaignid"] for made in links}) == 1
    assert len({tag(made)["aa_creativeid"] for made in links}) == 3
    assert isinstance(links[2].landing, StorePage)
    assert await owner.fetchval("SELECT count(*) FROM ad_group") == 1


async def test_a_subid_is_an_ad_group_and_stays_with_us(db, owner):
    """S47."""
    account_id, partnership_id = await a_partner(owner)

    plain = await link(db, account_id, partnership_id)
    blog = await link(db, account_id, partnership_id, subid=" spring blog ")
    blog_elsewhere = await link(db, account_id, partnership_id, OTHER_PAGE, "spring blog")

    assert (plain.subid, blog.subid) == (None, "spring blog")
    assert tag(blog)["aa_adgroupid"] == tag(blog_elsewhere)["aa_adgroupid"]
    assert tag(blog)["aa_adgroupid"] != tag(plain)["aa_adgroupid"]
    assert "spring" not in blog.destination
    assert (
        await owner.fetchval("SELECT token FROM ad_group WHERE subid = 'spring blog'")
        == (tag(blog)["aa_adgroupid"])
    )


async def test_one_page_has_one_creative_for_all_affiliates_of_a_store(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partners = [await a_partnership(owner, account_id, store_id, offer_id) for _ in range(2)]

    one, other = [await link(db, account_id, partner) for partner in partners]

    assert tag(one)["aa_creativeid"] == tag(other)["aa_creativeid"]
    assert tag(one)["aa_campaignid"] != tag(other)["aa_campaignid"]
    assert await owner.fetchval("SELECT count(*) FROM creative") == 1


async def test_the_same_page_and_subid_give_the_same_link(db, owner):
    account_id, partnership_id = await a_partner(owner)

    one = await link(db, account_id, partnership_id, PAGE, "blog")
    again = await link(db, account_id, partnership_id, "B08N5WRWNW", "blog")

    assert one == again
    assert await owner.fetchval("SELECT count(*) FROM link_code") == 1


async def test_twenty_at_once_make_one_link(db, owner):
    account_id, partnership_id = await a_partner(owner)

    made = await asyncio.gather(
        *(link(db, account_id, partnership_id, PAGE, "blog") for _ in range(20))
    )

    assert len({(it.id, it.code, it.destination) for it in made}) == 1
    for table in ("link", "link_code", "creative", "ad_group"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 1


async def test_a_code_that_another_account_has_is_drawn_again(db, owner):
    bytes_drawn = chain([b"a" * 10, b"a" * 10, b"a" * 10], cycle([b"b" * 10]))
    codes = []
    for _ in range(2):
        account_id, partnership_id = await a_partner(owner)
        made = await link(db, account_id, partnership_id, entropy=lambda _: next(bytes_drawn))
        codes.append(made.code)

    assert len(set(codes)) == 2


NOT_MEASURED = [
    ("https://www.amazon.com/dp/B08N5WRWNW?tag=mine-20", AssociatesTag),
    ("https://www.amazon.com/dp/B08N5WRWNW?maas=maas_adg_1", AlreadyTagged),
    ("https://www.amazon.com/dp/B08N5WRWNW?aa_campaignid=x", AlreadyTagged),
    ("https://www.amazon.com/dp/B08N5WRWNW?utm_source=blog", UtmNotSupported),
    ("https://www.amazon.de/dp/B08N5WRWNW", WrongMarketplace),
    ("https://amzn.to/3abc", ShortLink),
    ("https://www.amazon.com/s?k=garlic", NotALandingPage),
    ("https://example.com/dp/B08N5WRWNW", NotAnAmazonPage),
    ("javascript:alert(1)", NotAnAmazonPage),
    ("", NotAnAmazonPage),
]


async def test_what_amazon_would_not_measure_is_refused_and_nothing_is_kept(db, owner):
    """S48."""
    account_id, partnership_id = await a_partner(owner)

    for pasted, refusal in NOT_MEASURED:
        with pytest.raises(refusal):
            await link(db, account_id, partnership_id, pasted)

    assert await owner.fetchval("SELECT count(*) FROM creative") == 0


async def test_a_subid_that_names_a_person_is_refused(db, owner):
    account_id, partnership_id = await a_partner(owner)

    with pytest.raises(SubIdRefused):
        await link(db, account_id, partnership_id, subid="ann@example.com")


async def test_a_store_that_is_not_measured_yet_gets_no_links(db, owner):
    account_id, partnership_id = await a_partner(owner)
    await owner.execute("UPDATE profile SET tag_template = NULL, measuring_since = NULL")

    with pytest.raises(NotMeasuringYet, match="Try again in a minute"):
        await link(db, account_id, partnership_id)


async def test_a_disconnected_store_gets_no_links(db, owner):
    account_id, partnership_id = await a_partner(owner)
    await owner.execute("UPDATE store SET disconnected_at = $1", NOW)

    with pytest.raises(StoreDisconnected, match="2026-09-01"):
        await link(db, account_id, partnership_id)


async def test_a_partnership_that_does_not_go_on_gets_no_links(db, owner):
    account_id, partnership_id = await a_partner(owner)

    for status in (Status.PAUSED, Status.ENDED):
        await owner.execute("UPDATE partnership SET status = $1", status)
        with pytest.raises(NoNewLinks, match=status.value.lower()):
            await link(db, account_id, partnership_id)


async def test_another_accounts_partnership_is_as_good_as_none(db, owner):
    mine, _ = await a_partner(owner)
    _, partnership_id = await a_partner(owner)

    for id in (partnership_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await link(db, mine, id)
        assert refused.value.message == NotFound("partnership", f"part_{id.hex}").message
    assert await owner.fetchval("SELECT count(*) FROM link") == 0
