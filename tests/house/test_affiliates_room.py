"""The affiliate's room, from the inside: what a session of that role can see and write.

Everything that the role may read is walked; what it shows is compared with what the test knows to
be the affiliate's, so that a new table fails until it has rows here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from db.pool import AFFILIATE_ROLE, Database, Tx
from tests.factories import a_partnership, a_store, an_account, an_affiliate, an_offer
from tests.house.two_affiliates import World, a_world

# By which column a row is known to be an affiliate's. No column: everybody sees every row.
TOLD_BY: dict[str, str | None] = {
    "ad_group": "partnership_id",
    "affiliate": "id",
    "affiliate_profile": "id",
    "agreement": "id",
    "agreement_acceptance": "affiliate_id",
    "application": "affiliate_id",
    "application_answer": "application_id",
    "application_event": "application_id",
    "assignment": "partnership_id",
    "brand": "id",
    "campaign_version": "partnership_id",
    "click": "partnership_id",
    "click_progress": "id",
    "conversion": "affiliate_id",
    "creative": "store_id",
    "decision": "partnership_id",
    "draft_channel": "profile_id",
    "idempotent_answer": "room_id",
    "installation": None,
    "invitation": "affiliate_id",
    "latest_row": "partnership_id",
    "link": "partnership_id",
    "listing": None,
    "listing_question": None,
    "offer": "id",
    "offer_version": "offer_id",
    "page_day": "partnership_id",
    "partnership": "affiliate_id",
    "product": "id",
    "product_day": "partnership_id",
    "profile_channel": "profile_id",
    "promoted_product": "id",
    "promotion": "id",
    "published_profile": "id",
    "report_row": "partnership_id",
    "reputation": None,
    "search_word": None,
    "standing": None,
    "store": "id",
    "subid_day": "partnership_id",
    "tagged_link": "affiliate_id",
    "track_record": "id",
    "webhook_attempt": "account_id",
    "webhook_delivery": "account_id",
    "webhook_endpoint": "account_id",
    "webhook_secret": "account_id",
}
# These show what the session itself says, and no superuser can know whose.
OF_THE_SESSION = {"store_of_affiliate": "store_id", "offer_of_affiliate": "offer_id"}


@pytest.fixture
async def world(owner: asyncpg.Connection) -> World:
    return await a_world(owner)


@pytest.fixture
async def session(database_of_test: str) -> AsyncIterator[asyncpg.Connection]:
    """The affiliate's role as the server lets it in: nobody has said which affiliate is meant."""
    connection = await asyncpg.connect(database_of_test, server_settings={"role": AFFILIATE_ROLE})
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def readable(owner: asyncpg.Connection) -> dict[str, str]:
    """What the affiliate's role can read: by relation, its columns."""
    rows = await owner.fetch(
        """SELECT c.relname, string_agg(quote_ident(a.attname), ', ') AS columns
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
              AND NOT a.attisdropped
              AND has_column_privilege($1, c.oid, a.attnum, 'SELECT')
            GROUP BY c.relname ORDER BY c.relname""",
        AFFILIATE_ROLE,
    )
    return {row["relname"]: row["columns"] for row in rows}


async def test_an_affiliate_sees_their_own_rows_of_all_accounts_and_no_others(
    db: Database, owner: asyncpg.Connection, world: World, readable: dict[str, str]
) -> None:
    for affiliate_id in (world.first, world.second):
        async with db.affiliate(affiliate_id) as tx:
            for table, told_by in TOLD_BY.items():
                seen = await _rows(tx, readable, table)
                every = await _rows(owner, readable, table)
                own = [
                    row
                    for row in every
                    if told_by is None
                    or UUID(json.loads(row)[told_by]) in world.things[affiliate_id]
                ]
                assert seen, f"{table} has no row of the affiliate in this test's world"
                assert seen == own, table
                assert told_by is None or len(own) < len(every), f"{table} has nobody else's row"


async def test_what_can_be_read_is_walked(readable: dict[str, str]) -> None:
    assert {*TOLD_BY, *OF_THE_SESSION} == set(readable)


async def test_the_rows_of_one_affiliate_lie_in_several_accounts(
    db: Database, world: World
) -> None:
    async with db.affiliate(world.first) as tx:
        accounts = await tx.fetch("SELECT DISTINCT account_id FROM conversion")

    assert {row["account_id"] for row in accounts} == set(world.accounts)


async def test_what_a_session_says_of_itself_is_its_own(db: Database, world: World) -> None:
    for affiliate_id in (world.first, world.second):
        async with db.affiliate(affiliate_id) as tx:
            for view, told_by in OF_THE_SESSION.items():
                rows = await tx.fetch(f"SELECT {told_by} AS id FROM {view}")
                assert rows
                assert {row["id"] for row in rows} <= world.things[affiliate_id]


async def test_without_context_only_the_published_is_there(
    session: asyncpg.Connection, world: World, readable: dict[str, str]
) -> None:
    shown = {table for table in readable if await _rows(session, readable, table)}

    everybodys = {table for table, told_by in TOLD_BY.items() if told_by is None}
    of_listings = {"agreement", "product", "promoted_product", "promotion"}
    assert shown == everybodys | of_listings


async def test_an_accounts_context_opens_nothing(
    session: asyncpg.Connection, world: World, readable: dict[str, str]
) -> None:
    before = {table: await _rows(session, readable, table) for table in TOLD_BY}

    await session.execute("SELECT set_config('app.account_id', $1, false)", str(world.accounts[0]))

    assert {table: await _rows(session, readable, table) for table in TOLD_BY} == before


async def test_an_affiliates_context_opens_nothing_of_an_account(
    database_of_test: str, world: World
) -> None:
    connection = await asyncpg.connect(
        database_of_test, server_settings={"role": "clickledger_app"}
    )
    await connection.execute("SELECT set_config('app.affiliate_id', $1, false)", str(world.first))

    for table in ("partnership", "conversion", "application", "idempotent_answer"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    await connection.close()


async def test_nothing_of_an_account_can_be_written(
    db: Database, owner: asyncpg.Connection, world: World
) -> None:
    columns = await owner.fetch(
        """SELECT c.relname, a.attname
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT a.attisdropped
              AND EXISTS (SELECT FROM pg_attribute
                           WHERE attrelid = c.oid AND attname = 'account_id')"""
    )
    tables = {table for table, _ in columns}
    assert len(tables) > 40
    statements = [
        *(f"UPDATE {table} SET {column} = DEFAULT" for table, column in columns),
        *(f"INSERT INTO {table} ({column}) VALUES (DEFAULT)" for table, column in columns),
        *(f"DELETE FROM {table}" for table in tables),
    ]
    async with db.affiliate(world.first) as tx:
        for statement in statements:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await tx.execute(statement)


@pytest.mark.parametrize(
    ("table", "column"),
    [("affiliate", "name"), ("affiliate_profile", "name"), ("published_profile", "bio")],
)
async def test_an_affiliate_changes_themselves_and_nobody_else(
    db: Database, owner: asyncpg.Connection, world: World, table: str, column: str
) -> None:
    async with db.affiliate(world.first) as tx:
        changed = await tx.execute(f"UPDATE {table} SET {column} = 'Renamed'")
        others = await tx.execute(
            f"UPDATE {table} SET {column} = 'Renamed' WHERE id = $1", world.second
        )

    assert (changed, others) == ("UPDATE 1", "UPDATE 0")
    renamed = await owner.fetch(f"SELECT id FROM {table} WHERE {column} = 'Renamed'")
    assert [row["id"] for row in renamed] == [world.first]


async def test_a_profile_in_somebody_elses_name_is_refused(db: Database, world: World) -> None:
    async with db.affiliate(world.first) as tx:
        for table in ("affiliate_profile", "published_profile"):
            assert await tx.execute(f"DELETE FROM {table}") == "DELETE 1"
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await tx.execute(
                    f"""INSERT INTO {table} (id, name, bio, channels, niches, countries,
                                             amazon_capable, {_REST[table][0]})
                        VALUES ($1, 'Me', '', '[]', '{{}}', '{{}}', true, {_REST[table][1]})""",
                    world.second,
                )


async def test_what_the_brand_keeps_for_itself_cannot_be_read(db: Database, world: World) -> None:
    async with db.affiliate(world.first) as tx:
        for column in ("note", "tags", "custom_fields"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await tx.fetch(f"SELECT {column} FROM partnership")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetch("SELECT id FROM partnership WHERE note LIKE '%Ours%'")


async def test_what_ends_is_still_the_affiliates_to_see(
    db: Database, owner: asyncpg.Connection, world: World
) -> None:
    """Past offers and ended partnerships are what past sales were paid by."""
    await owner.execute("UPDATE partnership SET status = 'ENDED'")
    await owner.execute("UPDATE offer SET archived_at = now()")
    async with db.affiliate(world.first) as tx:
        unexplained = await tx.fetchval(
            """SELECT count(*) FROM conversion c
                WHERE NOT EXISTS (SELECT FROM offer_version v WHERE v.account_id = c.account_id
                                     AND v.id = c.offer_version_id)"""
        )
        past = await tx.fetchval(
            """SELECT count(*) FROM assignment a
                WHERE EXISTS (SELECT FROM offer o WHERE o.account_id = a.account_id
                                 AND o.id = a.offer_id)"""
        )

    assert (unexplained, past) == (0, 4)


async def test_a_listing_taken_away_takes_with_it_what_it_showed(
    db: Database, owner: asyncpg.Connection, world: World
) -> None:
    await owner.execute("DELETE FROM listing")
    newcomer = await an_affiliate(owner)

    async with db.affiliate(newcomer) as tx:
        for table in ("listing", "promoted_product", "promotion", "product", "agreement"):
            assert await tx.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_the_affiliate_that_is_seen_does_not_leak_to_the_next_borrower(
    database_of_test: str, owner: asyncpg.Connection, world: World
) -> None:
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    await a_partnership(owner, account_id, store_id, offer_id, world.first)
    async with Database(database_of_test, affiliate_size=1) as db:
        for affiliate_id, partnerships in [(world.first, 3), (world.second, 2)] * 3:
            async with db.affiliate(affiliate_id) as tx:
                assert await tx.fetchval("SELECT count(*) FROM partnership") == partnerships


_REST = {
    "affiliate_profile": ("changed_at", "now()"),
    "published_profile": (
        "channel_kinds, audience, verified, published_at",
        "'{}', 0, true, now()",
    ),
}


async def _rows(reader: Tx, readable: dict[str, str], table: str) -> list[str]:
    """What a reader sees of the columns that affiliates may read, each row as JSON, in order."""
    columns = readable[table]
    rows = await reader.fetch(
        f"SELECT to_jsonb(t)::text AS row FROM (SELECT {columns} FROM {table}) t ORDER BY 1"
    )
    return [row["row"] for row in rows]
