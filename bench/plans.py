"""What PostgreSQL's plan of a statement says of the tables of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncpg

Plan = dict[str, Any]

_MANY = 1_000
"""Rows from which on a table must not be read through."""


def scans(node: Plan) -> Iterator[tuple[str, str, str]]:
    """Table, index and condition of each scan; of a table's own scan the index is empty."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"], "", ""
    elif "Index Name" in node:
        yield node.get("Relation Name", ""), node["Index Name"], node.get("Index Cond", "")
    for inner in node.get("Plans", []):
        yield from scans(inner)


def read_through(plan: Plan) -> set[str]:
    return {table for table, index, _ in scans(plan) if not index}


async def not_by_index(owner: asyncpg.Connection, plan: Plan, first: set[str]) -> list[str]:
    """Large tables of accounts that are read through, or by an index that begins otherwise."""
    large = {
        row["relname"]
        for row in await owner.fetch(
            """SELECT c.relname FROM pg_class c
                WHERE c.relkind = 'r' AND c.reltuples >= $1
                  AND EXISTS (SELECT FROM pg_attribute
                               WHERE attrelid = c.oid AND attname = 'account_id')""",
            _MANY,
        )
    }
    begins = {
        row["index"]: (row["table"], row["column"])
        for row in await owner.fetch(
            """SELECT x.relname AS index, c.relname AS table, a.attname AS column
                 FROM pg_index i
                 JOIN pg_class x ON x.oid = i.indexrelid
                 JOIN pg_class c ON c.oid = i.indrelid
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"""
        )
    }
    faults = []
    for table, index, condition in scans(plan):
        if not index and table in large:
            faults.append(f"{table} is read through")
        if index:
            table, column = begins[index]
            if table in large and (column not in first or f"{column} = " not in condition):
                faults.append(f"{table} is read by {index} where {condition}")
    return faults
