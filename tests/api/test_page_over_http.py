"""What docs/graphql.md tells people to paste, sent over HTTP in the order of the page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from domain.ids import decode, encode
from tests.api.browsers import PASSWORD, somebody
from tests.api.walking import DOCS, Fernhollow, Walk, fernhollow
from tests.factories import (
    NOW,
    a_conversion,
    a_partnership,
    a_product,
    a_profile,
    an_affiliate,
    insert,
)
from tests.people import a_member, a_published_profile
from tests.telling import a_told_endpoint

PAGE = "graphql.md"
EMAIL = "olive@people.example"
JUNE = date(2026, 6, 15)


async def test_the_line_for_tools(walk: Walk) -> None:
    """Its body, with the headers that stand beside it."""
    brand = await fernhollow(walk)
    [line] = re.findall(r"```\ncurl (.+?)```", (DOCS / PAGE).read_text(), re.DOTALL)
    headers = dict(each.split(": ") for each in re.findall(r"-H '(.+?)'", line))
    [body] = re.findall(r"-d '(.+?)'", line)
    assert headers["Authorization"] == "Bearer clk_…"
    headers["Authorization"] = f"Bearer {brand.key}"

    async with await walk.new_browser() as tool:
        answer = await tool.post("/graphql", content=body, headers=headers)

    assert "errors" not in answer.json()
    assert answer.json()["data"]["viewer"]["account"]["name"] == "Juniper Row Trading"


async def test_every_block(walk: Walk) -> None:
    """From the account of somebody who is its owner and an affiliate as well."""
    owner, known = walk.owner, walk.known
    brand = await fernhollow(walk)
    # The page connects a store of that brand itself.
    await owner.execute("UPDATE brand SET name = 'Mossgate' WHERE name = 'Fernhollow'")
    person_id = await somebody(owner, EMAIL)
    await a_member(owner, brand.account_id, person_id)
    affiliate_id = await an_affiliate(owner, name="Olive Hart", person_id=person_id)
    account, affiliate = encode("acct", brand.account_id), encode("affl", affiliate_id)
    store_id = await owner.fetchval("SELECT store_id FROM offer WHERE id = $1", brand.offer_id)
    await _sold(owner, brand, store_id, JUNE)
    known |= {
        "email": EMAIL,
        "password": PASSWORD,
        "id": encode("offr", brand.offer_id),
        "several": [encode("stor", store_id), encode("offr", brand.offer_id)],
        "store": encode("stor", store_id),
        "api": "ADS",
        "input": {
            "storeId": encode("stor", store_id),
            "name": "Spring",
            "terms": {"ratePercent": "10.00"},
        },
    }

    async def as_owner() -> None:
        seats = known["SignIn"]["signIn"]["seats"]
        assert {seat["id"] for seat in seats} == {account, affiliate}
        walk.seat = account

    async def which_seller() -> None:
        known["seller"] = known["AddSeller"]["addSellerAccount"]["id"]

    async def consented() -> None:
        await owner.execute("UPDATE amazon_grant SET state = 'CONNECTED'")
        found = await a_profile(owner, brand.account_id, decode("slac", known["seller"]))
        known["profile"] = encode("prof", found)

    async def read() -> None:
        known["store"] = known["Connect"]["connectStore"]["id"]
        new = decode("stor", known["store"])
        await a_product(owner, brand.account_id, new, asin="B0C1234567")
        await _runs(owner, brand.account_id, new, "APPLIED")

    async def which_partner() -> None:
        known["offer"] = known["MakeOffer"]["createOffer"]["id"]
        known["affiliate"] = known["EnterAffiliate"]["createAffiliate"]["id"]

    async def which_partnership() -> None:
        known["partnership"] = known["Partner"]["addAffiliateToOffer"]["id"]

    async def sold() -> None:
        offer_id, partnership_id = (
            decode("offr", known["offer"]),
            decode("part", known["partnership"]),
        )
        for days in (60, 61, 62):
            day = NOW.date() - timedelta(days=days)
            await _conversion(owner, brand.account_id, offer_id, partnership_id, day)

    async def which_conversion() -> None:
        known["conversion"] = known["Progress"]["partnership"]["conversions"]["nodes"][0]["id"]
        known["today"] = str(NOW.date())

    async def which_to_decide() -> None:
        due = known["Due"]["conversions"]["nodes"]
        known["id"], *known["ids"] = [one["id"] for one in due]

    async def as_affiliate() -> None:
        outcomes = known["Approve"]["approveConversions"]["outcomes"]
        assert {one["conversion"]["status"] for one in outcomes} == {"APPROVED"}
        walk.seat, known["text"] = affiliate, "fernhollw"

    async def as_owner_again() -> None:
        [listing] = known["Marketplace"]["marketplace"]["nodes"]
        known["sha256"] = listing["agreement"]["sha256"]
        walk.seat, known["ids"] = account, [known["partnership"]]

    async def shown() -> None:
        assert known["EndMany"]["endPartnerships"]["outcomes"][0]["refusal"] is None
        known["text"] = "cook"
        await a_published_profile(owner, affiliate_id)

    async def which_profile() -> None:
        [found] = known["FindAffiliates"]["discovery"]["nodes"]
        known["input"] = {"affiliateId": found["id"], "offerId": encode("offr", brand.offer_id)}

    async def as_invited() -> None:
        known["id"] = known["Invite"]["inviteAffiliate"]["id"]
        walk.seat = affiliate

    async def told() -> None:
        await a_told_endpoint(owner, affiliate_id)

    async def broken() -> None:
        assert known["AcceptInvitation"]["acceptInvitation"]["partnership"]["id"]
        walk.seat = account
        await _runs(owner, brand.account_id, decode("stor", known["store"]), "FAILED")
        promised = {
            "kind": "settle",
            "subject": known["store"],
            "account_id": brand.account_id,
            "run_at": NOW,
            "dead_at": NOW,
        }
        await insert(owner, "duty", promised)
        await owner.execute("UPDATE amazon_grant SET state = 'RECONNECT'")

    await walk.play(
        PAGE,
        {
            "WhoAmI": as_owner,
            "Consent": which_seller,
            "Connected": consented,
            "Ready": read,
            "Partner": which_partner,
            "MakeLink": which_partnership,
            "Progress": sold,
            "Explain": which_conversion,
            "Approve": which_to_decide,
            "Marketplace": as_affiliate,
            "EndMany": as_owner_again,
            "FindAffiliates": shown,
            "Invite": which_profile,
            "AcceptInvitation": as_invited,
            "Told": told,
            "NeedsAPerson": broken,
        },
    )

    assert known["Deny"]["denyConversion"]["status"] == "DENIED"
    assert len(known["Page"]["conversions"]["nodes"]) == 1
    assert known["June"]["conversions"]["byDay"][0]["day"] == str(JUNE)


async def _sold(owner: asyncpg.Connection, brand: Fernhollow, store_id: UUID, day: date) -> None:
    partnership_id = await a_partnership(owner, brand.account_id, store_id, brand.offer_id)
    await _conversion(owner, brand.account_id, brand.offer_id, partnership_id, day)


async def _conversion(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID, partnership_id: UUID, day: date
) -> None:
    """One that has settled."""
    version_id = await owner.fetchval("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    await a_conversion(owner, account_id, partnership_id, version_id, day)
    await owner.execute("UPDATE conversion SET status = 'SETTLED', settled_at = $1", NOW)


async def _runs(owner: asyncpg.Connection, account_id: UUID, store_id: UUID, state: str) -> None:
    """A reading of the catalogue and one of the reports."""
    values = {"account_id": account_id, "state": state, "started_at": NOW}
    await insert(owner, "catalog_run", values | {"store_id": store_id})
    profile_id = await owner.fetchval("SELECT profile_id FROM store WHERE id = $1", store_id)
    asked = {"level": "CAMPAIGN", "purpose": "DAILY", "from_day": JUNE, "to_day": JUNE}
    await insert(owner, "report_run", values | asked | {"profile_id": profile_id})
