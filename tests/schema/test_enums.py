"""Words that the schema shares with the trade."""

from __future__ import annotations

import re

import asyncpg
from graphql import GraphQLEnumType, get_named_type

from domain.duties.rules import Kind
from schema.enums import DutyKind
from schema.reading.model import column_sql
from schema.reading.specs import Column
from schema.root import schema

_WORDS = re.compile(r"\(\((\w+) = ANY \(ARRAY\[(.+?)\]\)")


def test_every_kind_of_duty_can_be_shown() -> None:
    """A kind that the enum lacks would be a word that no client's schema knows."""
    assert {kind.value for kind in DutyKind} == set(Kind)


async def test_every_word_that_a_column_may_hold_can_be_shown(owner: asyncpg.Connection) -> None:
    """The same, of the words that a constraint of the database lists."""
    held = await _held(owner)
    compared, faults = 0, []
    for type_ in schema.reading.model.types.values():
        for field in type_.fields.values() if type_.table else ():
            enum = get_named_type(field.type)
            if isinstance(enum, GraphQLEnumType) and isinstance(field.spec, Column):
                column = column_sql(field, field.spec.sql).removeprefix("{t}.")
                words = held.get((type_.rows.name, column), set())
                compared += bool(words)
                shown = {str(value.value) for value in enum.values.values()}
                faults += [f"{field.path}: {enum.name} lacks {word}" for word in words - shown]
    assert compared > 10
    assert faults == []


async def _held(owner: asyncpg.Connection) -> dict[tuple[str, str], set[str]]:
    rows = await owner.fetch(
        "SELECT conrelid::regclass::text AS name, pg_get_constraintdef(oid) AS text"
        " FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    )
    return {
        (row["name"], column): set(re.findall(r"'([^']+)'", words))
        for row in rows
        for column, words in _WORDS.findall(row["text"])
    }
