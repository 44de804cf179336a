"""Names and texts of the tests' lists, as SQL writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.house.policies import AFFILIATE, APP, SYSTEM

ROLES = f"('{APP}', '{AFFILIATE}', '{SYSTEM}')"


def names(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


def values(rows: Iterable[Iterable[str | None]]) -> str:
    """Rows of text, as SQL writes them."""
    return ", ".join("(" + ", ".join(_text(value) for value in row) + ")" for row in rows)


def _text(value: str | None) -> str:
    return "NULL::text" if value is None else "'" + value.replace("'", "''") + "'"


def columns(lists: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(table, column) for table, listed in lists.items() for column in listed.split()]
