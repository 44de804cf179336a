"""The declared reads fit the tables, and each role may read what its room shows."""

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
