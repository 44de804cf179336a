"""Lists and searches go by an index, in either room and in a crowd where anything else shows."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from bench.plans import Plan, not_by_index, read_through, scans
from db.pool import Database
from domain.access import Room, Seat
from tests.house import crowd
from tests.house.explaining import ExplainingDatabase
from tests.schema.conftest import Client


@pytest.fixture(scope="module")
def crowded(postgres_url: str, template: str) -> Iterator[str]:
    name = f"crowd_{uuid.uuid4().hex}"
    url = postgres_url.replace("/postgres?", f"/{name}?")

    async def make() -> None:
        await _execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}")
        owner = await asyncpg.connect(url)
        await crowd.make(owner, affiliates=20_000, accounts=2_000)
        await owner.close()

    asyncio.run(make())
    yield url
    asyncio.run(_execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


@pytest.fixture
async def owner(crowded: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(crowded)
    yield connection
    await connection.close()


@pytest.fixture
async def db(crowded: str) -> AsyncIterator[ExplainingDatabase]:
    async with ExplainingDatabase(crowded) as database:
        yield database


@pytest.fixture
async def merchant(db: ExplainingDatabase, owner: asyncpg.Connection) -> Client:
    return Client(db, await owner.fetchval("SELECT account_id FROM discovery_mark LIMIT 1"))


@pytest.fixture
async def affiliate(db: ExplainingDatabase, owner: asyncpg.Connection) -> Client:
    affiliate_id = await owner.fetchval("SELECT affiliate_id FROM partnership LIMIT 1")
    return Client(db, None, seat=Seat(Room.AFFILIATE, affiliate_id))


# What an account's people look at all day.
OF_AN_ACCOUNT = {
    "conversions": "conversions(first: 20) { nodes { id day affiliate { name } } }",
    "those to decide": "conversions(first: 20, filter: {status: [SETTLED]}) { nodes { id } }",
    "their sums": "conversions(filter: {status: [PENDING]}) { totals { currency count } }",
    "days of this month": 'conversions(filter: {fromDay: "2026-08-20"}) { nodes { day } }',
    "partnerships": "partnerships(first: 20) { nodes { affiliate { name } progress { clicks } } }",
    "links": "links(first: 20) { nodes { url clicks partnership { id } } }",
    "offers": "offers(first: 20) { nodes { name currentVersion { ratePercent } } }",
    "stores": "stores(first: 20) { nodes { name brand { name } } }",
    "products": "products(first: 20) { nodes { title } }",
    "affiliates": "affiliates(first: 20) { nodes { name partnerships { nodes { id } } } }",
}
# And an affiliate, over all accounts.
OF_AN_AFFILIATE = {
    "conversions": "conversions(first: 20) { nodes { id day store { name } offer { name } } }",
    "partnerships": "partnerships(first: 20) { nodes { id store { name } progress { clicks } } }",
    "links": "links(first: 20) { nodes { url clicks store { name } } }",
    "offers": "offers(first: 20) { nodes { name currentVersion { ratePercent } } }",
}


@pytest.mark.parametrize("name", OF_AN_ACCOUNT)
async def test_an_account_is_read_by_its_own_indexes(
    merchant: Client, owner: asyncpg.Connection, name: str
) -> None:
    await merchant.ask(f"{{ {OF_AN_ACCOUNT[name]} }}")

    assert await not_by_index(owner, _plan(merchant), {"account_id"}) == []


@pytest.mark.parametrize("name", OF_AN_AFFILIATE)
async def test_an_affiliate_reads_no_account_through(
    affiliate: Client, owner: asyncpg.Connection, name: str
) -> None:
    await affiliate.ask(f"{{ {OF_AN_AFFILIATE[name]} }}")

    plan = _plan(affiliate)
    assert await not_by_index(owner, plan, {"account_id", "affiliate_id"}) == []
    assert any(index.endswith("_affiliate") for _, index, _ in scans(plan))


# Where a brand looks for affiliates: what few have is found by that, what many have in order.
DISCOVERED = {
    "a rare word": ('search: "Bacedi"', "published_profile_search"),
    "a word that nobody has": ('search: "qqqq"', "published_profile_search"),
    "a slip in rare words": ('search: "calligrphy Bacedi"', "published_profile_search"),
    "a common word": ('search: "reviews"', "published_profile_audience"),
    "a slip in a common word": ('search: "reveiws"', "published_profile_audience"),
    "fillers only": ('search: "the"', "published_profile_audience"),
    "a niche": ("niches: [KITCHEN]", "published_profile_audience"),
    "a niche that nobody has": ("niches: [MUSICAL_INSTRUMENTS]", "published_profile_niches"),
    "a country that nobody has": ('countries: ["ZW"]', "published_profile_countries"),
    "a channel that nobody has": ("channelKinds: [FACEBOOK]", "published_profile_channel_kinds"),
    "too large an audience": ('minimumAudience: "9000000000"', "published_profile_audience"),
    "nothing in particular": ("ignored: false", "published_profile_audience"),
}
# And an affiliate for brands.
LISTED = {
    "a rare word": ('search: "Bacedi"', "listing_search"),
    "a word that nobody has": ('search: "qqqq"', "listing_search"),
    "a common word": ('search: "affiliates"', "listing_newest"),
    "a category": ("categories: [KITCHEN]", "listing_newest"),
    "a category that nobody has": ("categories: [MUSICAL_INSTRUMENTS]", "listing_categories"),
    "too high a rate": ('minimumRatePercent: "90"', "listing_rate"),
    "nothing in particular": ("", "listing_newest"),
}


@pytest.mark.parametrize("name", DISCOVERED)
async def test_discovery_goes_by_what_narrows_most(merchant: Client, name: str) -> None:
    """S38."""
    filter, index = DISCOVERED[name]
    await merchant.ask(
        f"{{ discovery(first: 20, orderBy: AUDIENCE_DESC, filter: {{{filter}}}) {{"
        " nodes { name bio } pageInfo { hasNextPage } } }"
    )

    assert index in {found for _, found, _ in scans(_plan(merchant))}
    assert "published_profile" not in read_through(_plan(merchant))


@pytest.mark.parametrize("name", LISTED)
async def test_the_marketplace_goes_by_what_narrows_most(affiliate: Client, name: str) -> None:
    """S31."""
    filter, index = LISTED[name]
    await affiliate.ask(
        f"{{ marketplace(first: 20, filter: {{{filter}}}) {{"
        " nodes { brandName products { title } standing { enough } } pageInfo { hasNextPage } } }"
    )

    assert index in {found for _, found, _ in scans(_plan(affiliate))}
    assert "listing" not in read_through(_plan(affiliate))


async def test_the_second_page_starts_where_the_first_ended(merchant: Client) -> None:
    document = """query ($after: String) {
      discovery(first: 20, after: $after, filter: {search: "reviews"}, orderBy: AUDIENCE_DESC) {
        nodes { id } pageInfo { endCursor } } }"""
    first = (await merchant.ask(document))["discovery"]
    second = (await merchant.ask(document, after=first["pageInfo"]["endCursor"]))["discovery"]

    assert isinstance(merchant.db, ExplainingDatabase)
    assert any(
        index == "published_profile_audience" and "ROW" in condition
        for _, index, condition in scans(merchant.db.plans[1])
    )
    ids = [node["id"] for page in (first, second) for node in page["nodes"]]
    assert len(set(ids)) == 40


async def test_a_search_is_planned_for_what_it_looks_for(
    crowded: str, owner: asyncpg.Connection
) -> None:
    """A server that has settled on a plan for whatever is asked has settled on the wrong one."""
    async with Database(crowded, app_size=1) as database:
        account_id = await owner.fetchval("SELECT account_id FROM discovery_mark LIMIT 1")
        client = Client(database, account_id)
        for word in ["reviews"] * 10 + ["qqqq"]:
            await client.ask(
                "query ($f: AffiliateProfileFilter)"
                " { discovery(first: 20, filter: $f) { nodes { id } } }",
                f={"search": word, "niches": ["KITCHEN"]},
            )
        async with database.account(account_id) as tx:
            (plans,) = await tx.fetch(
                """SELECT generic_plans, custom_plans FROM pg_prepared_statements
                    WHERE statement LIKE '%search_query%'
                      AND statement NOT LIKE '%pg_prepared_statements%'"""
            )
    assert (plans["generic_plans"], plans["custom_plans"]) == (0, 11)


def _plan(client: Client) -> Plan:
    """Of the one statement that the client's question was."""
    assert isinstance(client.db, ExplainingDatabase)
    (plan,) = client.db.plans
    return plan
