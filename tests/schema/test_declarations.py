"""The declared reads fit the tables, and each role may read what its room shows."""

import re
from collections.abc import Iterator
from dataclasses import asdict

import asyncpg
import pytest

from domain.access import Room, Scope
from schema.reading import Sight, check
from schema.root import schema

ROLES = {
    Room.ACCOUNT: "clickledger_app",
    Room.AFFILIATE: "clickledger_affiliate",
    Room.OPERATOR: "clickledger_system",
}


@pytest.mark.parametrize("room", Room)
async def test_every_declared_field_order_filter_and_total_is_read_by_postgres(
    owner: asyncpg.Connection, room: Room
) -> None:
    await owner.execute(f"SET ROLE {ROLES[room]}")

    await check(schema, owner, Sight(room, frozenset(Scope)))


_ACROSS = {
    "Listing.similarTo": "listings are the network's, whoever listed them",
    "Login.memberships": "an operator counts those in all accounts",
}
_READS = re.compile(r"\b(?:from|join)\s+([a-z_]+)(?:\s+([a-z]\w*))?", re.IGNORECASE)


async def test_declared_sql_that_looks_into_an_accounts_table_names_the_account(
    owner: asyncpg.Connection,
) -> None:
    rows = await owner.fetch(
        "SELECT attrelid::regclass::text AS name FROM pg_attribute WHERE attname = 'account_id'"
    )
    tables = {row["name"] for row in rows}
    declared = list(_declared())
    assert any("account_id" in sql for _, sql in declared)

    assert {
        at: f"reads {name} without its account_id"
        for at, sql in declared
        for name, alias in _READS.findall(sql)
        if name in tables and f"{alias}.account_id" not in sql
    }.keys() == _ACROSS.keys()


def _declared() -> Iterator[tuple[str, str]]:
    """Each piece of SQL in a declaration, and where it stands."""
    for type_ in schema.reading.model.types.values():
        places = {name: field.spec for name, field in type_.fields.items()} | type_.conditions
        for name, spec in places.items():
            for piece in asdict(spec).values():
                for sql in piece if isinstance(piece, tuple) else (piece,):
                    if isinstance(sql, str):
                        yield f"{type_.name}.{name}", sql
