"""What the database says, a plain SELECT at a time; nobody writes, so an answer is remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

KEYS: Final = {
    "level_read": ("id", "level"),
    "campaign_version": ("id", "partnership_id", "day"),
    "subid_day": ("id", "partnership_id", "day"),
    "page_day": ("id", "partnership_id", "day"),
    "product_day": ("id", "partnership_id", "day"),
}
"""What tells the rows of a table apart, where it is not their id."""

Fetch = Callable[[str], Sequence[Any]]
"""Runs a statement and gives its rows, which are tuples."""


class Rows:
    """The rows that one connection reaches, each known by a key that is text.

    In declared SQL {t} is a row and {p} the row above it; both stand in one FROM here. `viewer`
    has the values of {account} or {affiliate}.
    """

    def __init__(self, fetch: Fetch, viewer: Mapping[str, str]) -> None:
        self._fetch = fetch
        self._viewer = viewer
        self._known: dict[str, Any] = {}

    def values(self, table: str, place: str) -> Mapping[str, Any]:
        """What stands in a place of each row."""
        return self._remembered(f"select {_key(table, 'me')}, {self._sql(place)} from {table} me")

    def those(self, table: str, condition: str) -> frozenset[str]:
        """The rows that meet a condition."""
        found = self._remembered(
            f"select {_key(table, 'me')}, true from {table} me where {self._sql(condition)}"
        )
        return frozenset(found)

    def places_in(self, table: str, order: str) -> Mapping[str, int]:
        """Where each row stands when all rows are ordered so; equal rows stand at one place."""
        return self.values(table, f"dense_rank() over (order by {order})")

    def below(self, above: str, table: str, condition: str) -> Mapping[str, set[str]]:
        """The rows of `table` that an edge leads to, by the row of `above` that it starts from."""
        sql = (
            f"select {_key(above, 'up')}, {_key(table, 'me')}"
            f" from {above} up, {table} me where {self._sql(condition)}"
        )
        if sql not in self._known:
            pairs: dict[str, set[str]] = defaultdict(set)
            for start, end in self._fetch(sql):
                pairs[start].add(end)
            self._known[sql] = pairs
        found: Mapping[str, set[str]] = self._known[sql]
        return found

    def _remembered(self, sql: str) -> Mapping[str, Any]:
        if sql not in self._known:
            found = self._fetch(sql)
            self._known[sql] = dict(found)
            assert len(self._known[sql]) == len(found), f"two rows of one key: {sql}"
        known: Mapping[str, Any] = self._known[sql]
        return known

    def _sql(self, declared: str) -> str:
        for name, value in self._viewer.items():
            declared = declared.replace(f"{{{name}}}", f"'{value}'::uuid")
        return f"({declared})".replace("{t}", "me").replace("{p}", "up")


def _key(table: str, alias: str) -> str:
    columns = (f"{alias}.{name}::text" for name in KEYS.get(table, ("id",)))
    return " || ' ' || ".join(columns)
