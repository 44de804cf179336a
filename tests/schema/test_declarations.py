"""The declared reads fit the tables."""

import asyncpg

from schema.reading import check
from schema.root import schema


async def test_every_declared_field_order_filter_and_total_is_read_by_postgres(
    owner: asyncpg.Connection,
) -> None:
    await check(schema, owner)
