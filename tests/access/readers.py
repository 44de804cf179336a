"""Who may read which ids and texts of the world: what no answer may tell anybody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import asyncpg

from db.pool import Database
from tests.access.world import ASKERS, BIRCH, FERN, OPERATOR, ROLES, World, a_world

_OWNERS: Final = frozenset({"owner", "other_owner"})
_OF_OWNERS: Final = {"api_key", "audit_entry", "member_invitation"}
"""Tables of accounts that only owners read."""
_MANAGERS: Final = _OWNERS | {"manager"}
_OF_MANAGERS: Final = {"webhook_attempt", "webhook_delivery", "webhook_endpoint", "webhook_secret"}
"""Tables of accounts that only those read who manage them; affiliates have rows of their own."""


async def a_told_world(db: Database, owner: asyncpg.Connection) -> World:
    world, people, texts = await a_world(db, owner)
    world.ids[world.outside.hex] = OPERATOR
    await _of_accounts(world, owner)
    await _of_people(world, owner, people)
    _of_texts(world, texts)
    return world


async def _of_accounts(world: World, owner: asyncpg.Connection) -> None:
    """Of every row of an account: its members, and whom the row is about or was shown to."""
    tables = await owner.fetch(
        """SELECT c.relname AS name, array_agg(a.attname::text) AS columns
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition AND a.attnum > 0
            GROUP BY c.relname
           HAVING array_agg(a.attname::text) @> '{account_id,id}' ORDER BY c.relname"""
    )
    about = {
        row["id"]: row["affiliate_id"]
        for row in await owner.fetch(
            "SELECT id, affiliate_id FROM partnership UNION ALL"
            " SELECT id, affiliate_id FROM application"
        )
    }
    sides = {
        world.fern.account_id: (world.fern, FERN, "affiliate_own"),
        world.birch.account_id: (world.birch, BIRCH, "affiliate_other"),
    }
    for merchant, members, _ in sides.values():
        world.ids[merchant.account_id.hex] = members | OPERATOR
    selves = {id: name for name, id in world.affiliates.items()}
    for table in tables:
        for row in await owner.fetch(f"SELECT * FROM {table['name']}"):
            if row["account_id"] in selves:
                world.ids[row["id"].hex] = frozenset({selves[row["account_id"]]})
            if row["account_id"] not in sides:
                continue
            merchant, members, affiliate = sides[row["account_id"]]
            readers = members & _OWNERS if table["name"] in _OF_OWNERS else members
            if table["name"] in _OF_MANAGERS:
                readers = members & _MANAGERS
            if table["name"] == "duty":
                readers = members | OPERATOR
            whose = row.get("affiliate_id") or about.get(
                row.get("partnership_id") or row.get("application_id")
            )
            if whose == merchant.first or row["id"] in merchant.shown:
                readers |= {affiliate}
            if row["id"] in merchant.published:
                readers |= {"affiliate_own", "affiliate_other"}
            world.ids[row["id"].hex] = readers | world.ids.get(row["id"].hex, frozenset())


async def _of_people(world: World, owner: asyncpg.Connection, people: dict[str, UUID]) -> None:
    """Members know each other; an affiliate is known by what it published to every account."""
    for name, person_id in people.items():
        readers = frozenset({name}) | OPERATOR | (FERN if name in FERN else frozenset())
        world.ids[person_id.hex] = readers
    for name, affiliate_id in world.affiliates.items():
        world.ids[affiliate_id.hex] = frozenset({name}) | OPERATOR | FERN | BIRCH
    for row in await owner.fetch("SELECT id, person_id FROM session"):
        names = {name for name, id in people.items() if id == row["person_id"]}
        world.ids[row["id"].hex] = frozenset(names)


def _of_texts(world: World, texts: dict[str, set[str]]) -> None:
    def tell(readers: Iterable[str], *found: str) -> None:
        for text in found:
            world.texts[text] = frozenset(readers) | world.texts.get(text, frozenset())

    for name, found in texts.items():
        tell({name} & set(ASKERS), *found)
    for name in {*texts, *world.affiliates} - {"nobody"}:
        tell(OPERATOR, f"is-{name}@people.example", f"Person {name}")
    for name in FERN & set(ROLES):
        tell(FERN, f"is-{name}@people.example", f"Person {name}")
    for name in world.affiliates:
        account = FERN if name in ("affiliate_own", "rival") else BIRCH
        mine = {name} & set(ASKERS)
        tell(mine, f"Draft of {name}")
        tell(mine | FERN | BIRCH, f"Stage of {name}", f"Published by {name}")
        tell(mine | account | OPERATOR, f"is-{name}@people.example", f"Affiliate {name}")
    both = frozenset({"affiliate_own", "affiliate_other"})
    for merchant, members, first in (
        (world.fern, FERN, "affiliate_own"), (world.birch, BIRCH, "affiliate_other")
    ):  # fmt: skip
        readers = {
            "account": members,
            "colleague": members | OPERATOR,
            "manager": members & _MANAGERS,
            "owner": members & _OWNERS,
            "first": members | {first},
            "second": members,
            "published": members | both,
            "nobody": frozenset(),
        }
        for whose, written in merchant.texts.items():
            tell(readers[whose], *written)
