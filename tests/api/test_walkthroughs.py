"""The three walk-throughs, played: what they tell people to paste, in order, over HTTP.

A page's own variables are sent, but for those with an "…", which stand for what an answer or a
letter said before.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from config import Config
from db.pool import Database
from domain.ids import encode
from domain.people import operators
from tests.factories import (
    NOW,
    a_conversion,
    a_dtc_store,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.letterbox import KEYRING, token_for
from tests.marketplace import an_application, an_invitation
from tests.people import a_published_profile, an_api_key
from tests.schema.conftest import Clock

DOCS = Path(__file__).parents[2] / "docs"
ASIN = "B0C1234567"
SHOP = "https://shop.example.com"
OURS = {"X-Requested-By": "graphiql"}
DAYS_AGO = NOW.date() - timedelta(days=60)

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>]+) -->\n\n)?"
    r"^```graphql\n(?P<query>.+?)^```$"
    r"(?:\n\n^```json\n(?P<variables>.+?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    name: str
    query: str
    variables: dict[str, Any]
    mark: str


def blocks_of(page: str) -> list[Block]:
    return [
        Block(
            re.findall(r"\w+", found["query"])[1],
            found["query"],
            json.loads(found["variables"] or "{}"),
            found["mark"] or "",
        )
        for found in _BLOCK.finditer((DOCS / page).read_text())
    ]


@dataclass
class Walk:
    """Somebody with a browser, and what they have seen so far."""

    app: Starlette
    db: Database
    owner: asyncpg.Connection
    browser: httpx.AsyncClient
    seat: str | None = None
    known: dict[str, Any] = field(default_factory=dict)
    """What stands for an "…", by the name that a page gives it."""

    async def play(self, page: str, before: dict[str, Callable[[], Awaitable[None]]]) -> None:
        """Each block is answered with something, and refused only where the page says so."""
        blocks = blocks_of(page)
        assert len(blocks) == (DOCS / page).read_text().count("```graphql")
        assert not before.keys() - {block.name for block in blocks}, "the page has it no more"
        for block in blocks:
            if block.mark.startswith("needs"):
                continue
            if block.name in before:
                await before[block.name]()
            answer = await self.ask(block)
            errors = [each["extensions"].get("code") for each in answer.get("errors", [])]
            if block.mark:
                assert errors == [block.mark.removeprefix("is refused: ")], block.name
                continue
            assert not errors, (block.name, answer)
            for result in answer["data"].values():
                assert "message" not in (result or {"message": "null"}), (block.name, result)
            assert not _empty(answer["data"]), f"{block.name} gives an empty list"
            self.known[block.name] = answer["data"]

    async def ask(self, block: Block) -> dict[str, Any]:
        headers = {} if self.seat is None else {"Acting-As": self.seat}
        variables = self._filled(block.variables, "")
        body = {"query": block.query, "variables": variables}
        answer = await self.browser.post("/graphql", json=body, headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    def _filled(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(each, key) for key, each in value.items()}
        if isinstance(value, list):
            wanted = any(isinstance(each, str) and "…" in each for each in value)
            return self.known[name] if wanted else [self._filled(each, name) for each in value]
        return self.known[name] if isinstance(value, str) and "…" in value else value

    async def as_program(self, key: str, query: str, **variables: object) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        async with await self.new_browser() as program:
            body = {"query": query, "variables": variables}
            answer = (await program.post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    async def letter(self, address: str) -> None:
        self.known["token"] = await token_for(self.owner, address, KEYRING)

    async def new_browser(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=OURS)


def _empty(data: Any) -> bool:
    """Whether any page of any list in it has nothing on it."""
    if isinstance(data, dict):
        return data.get("nodes") == [] or any(_empty(each) for each in data.values())
    return isinstance(data, list) and any(_empty(each) for each in data)


@pytest.fixture
async def walk(
    database_of_test: str, redis_url: str, db: Database, owner: asyncpg.Connection, tmp_path: Path
) -> AsyncIterator[Walk]:
    app = create_app(
        Config.from_env(
            {
                "DATABASE_URL": database_of_test,
                "REDIS_URL": redis_url,
                "SEALING_KEYS": "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                "PUBLIC_URL": "http://127.0.0.1",
                "MAIL_OUTBOX": str(tmp_path),
                "AMAZON_ADS_CLIENT_ID": "ads",
                "AMAZON_ADS_CLIENT_SECRET": "secret",
                "AMAZON_SELLER_CLIENT_ID": "seller",
                "AMAZON_SELLER_CLIENT_SECRET": "secret",
                "AMAZON_SELLER_APPLICATION_ID": "application",
            }
        )
    )
    async with app.router.lifespan_context(app):
        app.state.clock = Clock(NOW)
        made = Walk(app, db, owner, None)  # type: ignore[arg-type]
        async with await made.new_browser() as made.browser:
            yield made


async def begun(walk: Walk) -> UUID:
    """What the command `begin` does; the account."""
    async with walk.db.system() as tx:
        beginning = await operators.begin(
            tx, "olive@people.example", "Olive Hart", "Juniper Row Trading", _wall(walk)
        )
    walk.known["token"] = beginning.operator.token
    return beginning.account_id


def _wall(walk: Walk) -> Any:
    return walk.app.state.wall.now()


async def test_the_operators_page(walk: Walk) -> None:
    await begun(walk)

    async def as_operator() -> None:
        seats = walk.known["SignIn"]["signIn"]["seats"]
        assert [seat["room"] for seat in seats] == ["ACCOUNT", "OPERATOR"]
        walk.seat = "operator"

    async def opened() -> None:
        walk.known["account"] = walk.known["OpenAccount"]["openAccount"]["id"]
        [found] = walk.known["Accounts"]["accounts"]["nodes"]
        assert found["id"] == walk.known["account"]
        assert await token_for(walk.owner, "bea@people.example", KEYRING)

    await walk.play(
        "walkthrough-operator.md",
        {"OpenAccount": as_operator, "SetPlan": opened},
    )

    assert walk.known["SetPlan"]["setPlan"]["plan"] == "ENTERPRISE"
    assert len(walk.known["OutsideOfAccounts"]["networkAuditEntries"]["nodes"]) == 2
    assert not walk.browser.cookies


LIST = """mutation List($offer: ID!) {
  publishAgreement(offerId: $offer, body: "Say that you earn.") { __typename }
  listOffer(
    input: {
      offerId: $offer
      categories: [HOME]
      questions: [{ question: "Where will our products be seen?", required: true }]
    }
  ) { __typename }
}"""


@dataclass
class Fernhollow:
    """A brand with a store on Amazon, a shop of its own, and an offer that is listed."""

    account_id: UUID
    offer_id: UUID
    shop_offer_id: UUID
    key: str


async def fernhollow(walk: Walk) -> Fernhollow:
    owner = walk.owner
    account_id = await an_account(owner, name="Juniper Row Trading")
    page = "https://www.amazon.com/stores/page/7C9B1A2E-5D34-4F60-8E1B-2A3C4D5E6F70"
    store_id = await a_store(owner, account_id, storefront_url=page)
    await owner.execute("UPDATE brand SET name = 'Fernhollow'")
    await a_product(owner, account_id, store_id, asin=ASIN, title="Fern pot")
    offer_id = await an_offer(owner, account_id, store_id, 1250)
    key = await an_api_key(owner, account_id)
    await walk.as_program(key, LIST, offer=encode("offr", offer_id))
    shop_id = await a_dtc_store(owner, account_id, url=SHOP)
    await a_product(owner, account_id, shop_id, asin=None, url=f"{SHOP}/jug", fulfilment="MERCHANT")
    shop_offer_id = await an_offer(owner, account_id, shop_id, 1000)
    return Fernhollow(account_id, offer_id, shop_offer_id, key)


async def test_the_affiliates_page(walk: Walk) -> None:
    """S34, S35, S42, S43, S44, S46, S47."""
    owner, brand = walk.owner, await fernhollow(walk)
    known = walk.known

    async def letter() -> None:
        await walk.letter("quinn@people.example")

    async def found() -> None:
        [listing] = known["FindListings"]["marketplace"]["nodes"]
        assert listing["brandName"] == "Fernhollow"
        known["listing"] = known["listingId"] = listing["id"]

    async def read() -> None:
        known["agreementSha256"] = known["ReadListing"]["listing"]["agreement"]["sha256"]

    async def let_in() -> None:
        application = known["Apply"]["applyToListing"]
        assert application["state"] == "SUBMITTED"
        accept = "mutation($id: ID!) { acceptApplication(id: $id) { __typename } }"
        answer = await walk.as_program(brand.key, accept, id=application["id"])
        assert answer == {"acceptApplication": {"__typename": "Application"}}

    async def invited() -> None:
        affiliate_id = await owner.fetchval("SELECT id FROM affiliate")
        await an_invitation(owner, brand.account_id, brand.shop_offer_id, affiliate_id)

    async def which_invitation() -> None:
        [sent] = known["MyInvitations"]["invitations"]["nodes"]
        known["invitation"] = sent["id"]

    async def which_product() -> None:
        mine = known["MyProducts"]["products"]["nodes"]
        assert {one["channel"] for one in mine} == {"AMAZON", "DTC"}
        [known["product"]] = [one["id"] for one in mine if one["channel"] == "AMAZON"]

    async def which_partnership() -> None:
        own = known["MyPartnerships"]["partnerships"]["nodes"]
        assert {one["store"]["channel"] for one in own} == {"AMAZON", "DTC"}
        [amazon] = [one["id"] for one in own if one["store"]["channel"] == "AMAZON"]
        known["partnership"] = known["partnershipId"] = amazon

    async def sold() -> None:
        row = await owner.fetchrow("SELECT id FROM partnership WHERE offer_id = $1", brand.offer_id)
        version = "SELECT id FROM offer_version WHERE offer_id = $1"
        version_id = await owner.fetchval(version, brand.offer_id)
        await a_conversion(owner, brand.account_id, row["id"], version_id, DAYS_AGO)

    await walk.play(
        "walkthrough-affiliate.md",
        {
            "VerifyEmail": letter,
            "ReadListing": found,
            "Apply": read,
            "MyApplications": let_in,
            "MyInvitations": invited,
            "AcceptInvitation": which_invitation,
            "LinkOfProduct": which_product,
            "LinkOfStorefront": which_partnership,
            "MyConversions": sold,
        },
    )

    links = {one["landing"] for one in known["MyLinks"]["links"]["nodes"]}
    assert ASIN in links
    assert len(links) == 2
    [made, refused] = known["ManyLinks"]["createLinks"]["outcomes"]
    assert (made["refusal"], refused["link"]) == (None, None)
    assert "crid" in known["LinkOfPastedPage"]["createLink"]["leftOut"]
    assert known["Leave"]["leavePartnership"]["statusChangedBy"] == "AFFILIATE"


async def test_the_brands_page(walk: Walk) -> None:
    """S19, S31, S36, S38, S39."""
    owner, known = walk.owner, walk.known
    account_id = await begun(walk)
    reset = Block(
        "Reset",
        'mutation Reset($token: String!) { resetPassword(token: $token, newPassword: "ferns grow in'
        ' the rain") { __typename } }',
        {"token": "…"},
        "",
    )
    assert "errors" not in await walk.ask(reset)
    own = walk.browser

    async def as_owner() -> None:
        walk.seat = encode("acct", account_id)

    async def as_the_invited() -> None:
        await walk.letter("fay@people.example")
        walk.browser, walk.seat = await walk.new_browser(), None
        await _join(walk, "fay@people.example")

    async def as_owner_again() -> None:
        await walk.browser.aclose()
        walk.browser, walk.seat = own, encode("acct", account_id)
        # So that somebody is still asked, as the page says.
        await walk.ask(Block("Again", AGAIN, {}, ""))

    async def which_member() -> None:
        [known["member"]] = [
            one["id"] for one in known["Members"]["members"]["nodes"] if one["role"] == "VIEWER"
        ]

    async def which_key() -> None:
        known["key"] = known["CreateKey"]["createApiKey"]["apiKey"]["id"]

    async def connected() -> None:
        store_id = await a_store(owner, account_id, name="Fernhollow on Amazon US")
        known["storeId"] = known["store"] = encode("stor", store_id)
        await a_product(owner, account_id, store_id, title="Fern pot")

    async def which_shop() -> None:
        known["shop"] = known["OpenShop"]["connectDtcStore"]["id"]

    async def which_offer() -> None:
        known["offer"] = known["offerId"] = known["CreateOffer"]["createOffer"]["id"]

    async def which_products() -> None:
        shown = known["ProductsToShow"]["products"]["nodes"]
        known["products"] = [one["id"] for one in shown]

    async def applied() -> None:
        offer_id = await owner.fetchval("SELECT offer_id FROM listing")
        for _ in range(3):
            await an_application(owner, account_id, offer_id)

    async def which_application() -> None:
        rows = known["WaitingApplications"]["applications"]["nodes"]
        known["application"], *known["ids"] = [one["id"] for one in rows]

    async def shown() -> None:
        for name in ("Omar", "Vera"):
            affiliate_id = await an_affiliate(owner, name=name)
            await a_published_profile(owner, affiliate_id, niches=["OUTDOORS"])

    async def which_profile() -> None:
        known["profile"] = known["affiliateId"] = known["FindAffiliates"]["discovery"]["nodes"][0][
            "id"
        ]

    async def which_affiliate() -> None:
        known["affiliate"] = known["EnterAffiliate"]["createAffiliate"]["id"]

    async def which_partnership() -> None:
        known["partnership"] = known["AddPartner"]["addAffiliateToOffer"]["id"]

    async def which_partners() -> None:
        assert known["Partners"]["partnerships"]["totalCount"] == 1
        known["ids"] = [known["partnership"]]

    async def settled() -> None:
        version_id = await owner.fetchval("SELECT id FROM offer_version ORDER BY id LIMIT 1")
        partnership_id = UUID(known["partnership"].removeprefix("part_"))
        for day in (DAYS_AGO, DAYS_AGO + timedelta(days=1)):
            await a_conversion(owner, account_id, partnership_id, version_id, day)
        await owner.execute("UPDATE conversion SET status = 'SETTLED', settled_at = $1", NOW)

    async def which_conversions() -> None:
        [one, other] = known["Due"]["conversions"]["nodes"]
        known["ids"], known["conversion"] = [one["id"]], other["id"]

    await walk.play(
        "walkthrough-brand.md",
        {
            "WhoAmI": as_owner,
            "AcceptMemberInvitation": as_the_invited,
            "Members": as_owner_again,
            "ChangeRole": which_member,
            "RevokeKey": which_key,
            "Stores": connected,
            "FillShop": which_shop,
            "PublishAgreement": which_offer,
            "PromoteProducts": which_products,
            "WaitingApplications": applied,
            "AcceptApplication": which_application,
            "FindAffiliates": shown,
            "Star": which_profile,
            "AddPartner": which_affiliate,
            "Annotate": which_partnership,
            "PauseMany": which_partners,
            "Due": settled,
            "Approve": which_conversions,
        },
    )

    [jug, pot] = known["FillShop"]["putShopProducts"]["outcomes"]
    assert (jug["refusal"], pot["product"]) == (None, None)
    rejected = known["RejectApplications"]["rejectApplications"]["outcomes"]
    assert [one["application"]["state"] for one in rejected] == ["REJECTED", "REJECTED"]
    assert known["TagMany"]["tagPartnerships"]["outcomes"][0]["partnership"]["tags"] == [
        "video", "2026",
    ]  # fmt: skip
    [approved] = known["Approve"]["approveConversions"]["outcomes"]
    assert approved["conversion"]["status"] == "APPROVED"
    assert known["Deny"]["denyConversion"]["status"] == "DENIED"


AGAIN = """mutation Again {
  inviteMember(input: { email: "gil@people.example", role: VIEWER }) { __typename }
}"""
_SIGN_UP = """mutation SignUp($input: SignUpInput!) { signUp(input: $input) { __typename } }"""
_VERIFY = """mutation Verify($token: String!) {
  verifyEmail(token: $token, password: "moss on the north side") { __typename }
}"""


async def _join(walk: Walk, address: str) -> None:
    """Sign up and verify, and have the token of the letter before at hand again."""
    token = walk.known["token"]
    new = {"name": "Fay Ito", "email": address, "password": "moss on the north side"}
    assert "errors" not in await walk.ask(Block("SignUp", _SIGN_UP, {"input": new}, ""))
    await walk.letter(address)
    assert "errors" not in await walk.ask(Block("Verify", _VERIFY, {"token": "…"}, ""))
    walk.known["token"] = token
