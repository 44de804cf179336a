"""The same two accounts and two affiliates, with what is not the asker's and without it.

Who asks is Acme, as its owner or as a viewer, or the first affiliate. What is legitimately shared
stays in both worlds:

- of an account: all rows of its own, whatever affiliate they are about; affiliates who have a
  partnership, an application or an invitation there or whom it entered itself; everything that
  affiliates publish, also those whom it does not know: the profile, and the record beside it.
- of an affiliate: the rows that name them in every account, what these stand on, as the sister test
  of row-level security notes it by hand (`tests/house/two_affiliates.py`), and everything that
  accounts publish: listings, with their products and agreements, and the accounts' reputation.
- of everybody: the words that searches with a slip of the key are led by, which are nobody's.

Everything else is deleted: the other account with all that is in it, also what it has on affiliates
who work with both; the other affiliate with all that is about them; and of accounts, from an
affiliate's point of view, their members, keys, reports, catalogues, notes. What only some columns
hide is overwritten. A table that nobody has thought of is deleted whole for affiliates, and asks
to be decided about for accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from domain.ids import encode
from tests.factories import (
    NOW,
    a_grant,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
    insert,
)
from tests.house.columns import KEPT
from tests.house.test_affiliates_room import TOLD_BY
from tests.house.two_affiliates import World, a_world
from tests.house.words import columns
from tests.marketplace import an_application, an_invitation
from tests.people import (
    a_member,
    a_member_invitation,
    a_person,
    a_profile_draft,
    a_published_profile,
    a_session,
    a_track_record,
)

_IN_ACME = """(SELECT affiliate_id FROM partnership WHERE account_id = $1
      UNION SELECT affiliate_id FROM application WHERE account_id = $1
      UNION SELECT affiliate_id FROM invitation WHERE account_id = $1
      UNION SELECT affiliate_id FROM acquaintance WHERE account_id = $1)"""
_PUBLIC = "(SELECT id FROM published_profile)"
_OTHER_PEOPLE = "NOT IN (SELECT person_id FROM membership WHERE account_id = $1)"

# What an account may not see of tables without account_id. "false": it may see all of it.
NOT_THE_ACCOUNTS: dict[str, str] = {
    "affiliate": f"id NOT IN {_IN_ACME}",
    "affiliate_profile": "true",
    "attempt": "true",
    "idempotent_answer": "room_id <> $1",
    "installation": "false",
    "mail": "true",
    "network_audit_entry": "true",
    "one_time_token": "true",
    "person": f"id {_OTHER_PEOPLE}",
    "published_profile": "false",
    "search_word": "false",
    "session": f"person_id {_OTHER_PEOPLE}",
    "slot": "false",
    "track_record": f"id NOT IN {_PUBLIC} AND id NOT IN {_IN_ACME}",
    "_pogo_migration": "false",
    "_pogo_version": "false",
}
# What a member without the scope ADMINISTER may not see either.
OF_ADMINISTRATION = ("api_key", "audit_entry", "audit_head", "member_invitation")
# Nor without the scope MANAGE.
OF_MANAGEMENT = ("webhook_attempt", "webhook_delivery", "webhook_endpoint", "webhook_secret")
# No affiliate reads these; they are the server's own, or the asking person's.
NOT_THE_AFFILIATES = {
    "person": "id <> $1",
    "session": "person_id <> $1",
    "slot": "false",
    "_pogo_migration": "false",
    "_pogo_version": "false",
}


@dataclass
class Asked:
    """Who asks: the account or the affiliate, and the person behind it."""

    room_id: UUID
    person_id: UUID
    things: set[UUID] = field(default_factory=set)


async def both(owner: asyncpg.Connection) -> tuple[Asked, Asked]:
    """The full world: Acme and the first affiliate, as they ask."""
    world = await a_world(owner)
    acme, birch = world.accounts
    await _people_of_birch_alone(owner, birch)
    await _an_account_apart(owner, world)
    for account_id in world.accounts:
        await _administered(owner, account_id)
    member = await owner.fetchval("SELECT person_id FROM membership WHERE account_id = $1", acme)
    person = await owner.fetchval("SELECT person_id FROM affiliate WHERE id = $1", world.first)
    for row in await owner.fetch("SELECT id FROM person"):
        await a_session(owner, row["id"])
    return Asked(acme, member), Asked(world.first, person, world.things[world.first])


async def _people_of_birch_alone(owner: asyncpg.Connection, birch: UUID) -> None:
    """An affiliate who has published themselves, and one who has not."""
    store_id = await a_store(owner, birch, name="Birch's own")
    offer_id = await an_offer(owner, birch, store_id, name="Birch's offer")
    for number in range(3):
        affiliate_id = await an_affiliate(
            owner, person_id=await a_person(owner), name=f"Only Birch's {number}"
        )
        if number:
            await a_profile_draft(owner, affiliate_id, bio=f"Nobody has read this, {number}.")
        if number == 1:
            await a_published_profile(owner, affiliate_id)
        await a_track_record(owner, affiliate_id, clicks=7000 + number)
        await a_partnership(owner, birch, store_id, offer_id, affiliate_id)
        await an_application(owner, birch, offer_id, affiliate_id, state="REJECTED", reason="No.")
        await an_invitation(owner, birch, offer_id, affiliate_id, state="DECLINED")


async def _an_account_apart(owner: asyncpg.Connection, world: World) -> None:
    """With which the first affiliate has nothing to do, and which is not listed."""
    account_id = await an_account(owner, name="Cedar, unheard of")
    await a_member(owner, account_id)
    store_id = await a_store(owner, account_id, name="Cedar on Amazon")
    offer_id = await an_offer(owner, account_id, store_id, name="Cedar's offer")
    await a_product(owner, account_id, store_id, title="Cedar's secret product")
    await a_partnership(owner, account_id, store_id, offer_id, world.second)


async def _administered(owner: asyncpg.Connection, account_id: UUID) -> None:
    name = await owner.fetchval("SELECT name FROM account WHERE account_id = $1", account_id)
    await a_member_invitation(owner, account_id, f"new@{name.lower()}.example")
    found = await owner.fetchrow(
        """SELECT s.id, t.id FROM seller_account s, store t
            WHERE s.account_id = $1 AND t.account_id = $1 LIMIT 1""",
        account_id,
    )
    assert found is not None, "every account here has a store"
    seller, store = found
    await a_grant(owner, account_id, seller, state="RECONNECT", problem=f"{name} left Amazon.")
    of = {"account_id": account_id}
    entry = {"actor": f"akey_{name}", "action": "editOffer", "input": {"name": name}, "at": NOW}
    await insert(owner, "audit_entry", of | entry)
    run = {"store_id": store, "state": "FAILED", "started_at": NOW, "problem": f"{name}'s fault"}
    await insert(owner, "catalog_run", of | run)
    duty = {"kind": "settle", "subject": encode("stor", store), "run_at": NOW, "last_error": name}
    await insert(owner, "duty", of | duty)
    settled = {"store_id": store, "ran_at": NOW, "local_day": NOW.date(), "settled": 1}
    await insert(owner, "settlement", of | settled)


async def leave_to_account(owner: asyncpg.Connection, asked: Asked) -> None:
    """Delete what is not the account's to see."""
    tables = await _tables(owner)
    undecided = {t for t, of_account in tables.items() if not of_account} - {*NOT_THE_ACCOUNTS}
    assert undecided == set(), "say in NOT_THE_ACCOUNTS what an account may see of these"
    conditions = {t: "account_id <> $1" for t, of_account in tables.items() if of_account}
    await _delete(owner, conditions | NOT_THE_ACCOUNTS, asked.room_id)


async def leave_to_viewer(owner: asyncpg.Connection, asked: Asked) -> None:
    """Delete what is not for a member of the account with the role VIEWER."""
    await leave_to_account(owner, asked)
    await _delete(owner, dict.fromkeys(OF_ADMINISTRATION + OF_MANAGEMENT, "true"), asked.room_id)


async def leave_to_affiliate(owner: asyncpg.Connection, asked: Asked) -> None:
    """Delete what is not about the affiliate, and change what is kept from them in what stays."""
    conditions = dict.fromkeys(await _tables(owner), "true")
    for table, told_by in TOLD_BY.items():
        if table in conditions:
            conditions[table] = f"{told_by} <> ALL ($2)" if told_by else "false"
    await _delete(owner, conditions | NOT_THE_AFFILIATES, asked.person_id, asked.things)
    types = {
        (row["relname"], row["attname"]): row["type"]
        for row in await owner.fetch(
            """SELECT attrelid::regclass::text AS relname, attname,
                      format_type(atttypid, NULL) AS type
                 FROM pg_attribute WHERE attnum > 0"""
        )
    }
    await owner.execute("SET session_replication_role = replica")
    for table, column in columns(KEPT):
        await owner.execute(f"UPDATE {table} SET {column} = {_OTHER[types[table, column]]}")
    await owner.execute("RESET session_replication_role")


_OTHER = {
    "text": "'changed behind their back'",
    "text[]": "'{changed}'",
    "jsonb": """'{"changed": "too"}'""",
    "uuid": "gen_random_uuid()",
    "integer": "2",
    "timestamp with time zone": "'2020-02-02'",
}


async def _tables(owner: asyncpg.Connection) -> dict[str, bool]:
    """All tables, and whether they have an account_id."""
    rows = await owner.fetch(
        """SELECT c.relname, EXISTS (SELECT FROM pg_attribute a
                                      WHERE a.attrelid = c.oid AND a.attname = 'account_id') AS of
             FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition"""
    )
    return {row["relname"]: row["of"] for row in rows}


async def _delete(
    owner: asyncpg.Connection, conditions: dict[str, str], id: UUID, things: Iterable[UUID] = ()
) -> None:
    """Conditions are evaluated before anything is deleted, since they look at other tables."""
    listed = ", ".join(f"'{thing}'" for thing in things)
    given = {"$1": f"'{id}'::uuid", "$2": f"(ARRAY[{listed}]::uuid[])"}
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        for table, condition in conditions.items():
            for place, value in given.items():
                condition = condition.replace(place, value)
            await owner.execute(
                f"CREATE TEMP TABLE gone_{table} ON COMMIT DROP AS"
                f" SELECT tableoid AS of, ctid AS at FROM {table} WHERE {condition}"
            )
        for table in conditions:
            await owner.execute(
                f"DELETE FROM {table} WHERE (tableoid, ctid) IN (SELECT of, at FROM gone_{table})"
            )


async def texts(owner: asyncpg.Connection) -> set[str]:
    """Every id and text that stands in any column of any table."""
    rows = await owner.fetch(
        """SELECT c.relname, a.attname FROM pg_class c
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition AND a.atttypid IN ('text'::regtype, 'uuid'::regtype)"""
    )
    found = set()
    for table, column in rows:
        values = await owner.fetch(
            f"SELECT DISTINCT replace({column}::text, '-', '') AS raw, {column}::text AS value"
            f" FROM {table} WHERE {column} IS NOT NULL"
        )
        found |= {v["raw"] if len(v["raw"]) == 32 else v["value"] for v in values}
    return found
