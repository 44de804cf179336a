"""What clients were given stays, or is taken away on purpose and with a reason.

`schema/released.graphql` is the schema as the last release had it, and `schema/breaking.txt` what
this one breaks of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from graphql import (
    BreakingChange,
    DangerousChange,
    DangerousChangeType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from schema.reading import schema as reading

HERE = Path(reading.__file__).parents[1]

# A client that asks for what it knows does not notice these; each is an ordinary new field.
HARMLESS = {
    DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
    DangerousChangeType.OPTIONAL_ARG_ADDED,
    DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED,
}


def broken(before: GraphQLSchema, after: GraphQLSchema) -> set[str]:
    """A line for each change that a client of `before` may notice."""
    changes: list[BreakingChange | DangerousChange] = [
        *find_breaking_changes(before, after),
        *(one for one in find_dangerous_changes(before, after) if one.type not in HARMLESS),
    ]
    return {f"{one.type.name} {one.description}" for one in changes}


def explained(lines: Iterable[str]) -> dict[str, str]:
    """The reason by the change."""
    listed = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return {change: why for change, _, why in (line.partition(" — ") for line in listed)}


def test_nothing_is_taken_from_clients_without_a_reason() -> None:
    released, now = (
        build_schema((HERE / name).read_text()) for name in ("released.graphql", "schema.graphql")
    )
    reasons = explained((HERE / "breaking.txt").read_text().splitlines())
    changes = broken(released, now)

    assert changes - reasons.keys() == set(), "keep what clients use, or say why in breaking.txt"
    assert reasons.keys() - changes == set(), "breaking.txt lists what is no change any more"
    assert [change for change, why in reasons.items() if not why.endswith(".")] == []


BEFORE = """
type Query { offers(first: Int = 50): [Offer!]!  offer(id: ID!): Found }
type Offer { id: ID!  name: String!  state: State }
type Gone { id: ID! }
enum State { OPEN CLOSED }
input OfferFilter { name: String }
union Found = Offer
"""


@pytest.mark.parametrize(
    ("old", "new", "type_"),
    [
        ("name: String!  ", "", "FIELD_REMOVED"),
        ("name: String!  ", "name: String  ", "FIELD_CHANGED_KIND"),
        ("type Gone { id: ID! }", "", "TYPE_REMOVED"),
        ("OPEN CLOSED", "OPEN", "VALUE_REMOVED_FROM_ENUM"),
        ("OPEN CLOSED", "OPEN CLOSED DRAFT", "VALUE_ADDED_TO_ENUM"),
        ("union Found = Offer", "union Found = Offer | Gone", "TYPE_ADDED_TO_UNION"),
        ("first: Int = 50", "first: Int = 20", "ARG_DEFAULT_VALUE_CHANGE"),
        ("id: ID!)", "id: ID!, storeId: ID!)", "REQUIRED_ARG_ADDED"),
        ("name: String }", "name: String  storeId: ID! }", "REQUIRED_INPUT_FIELD_ADDED"),
    ],
)
def test_a_change_that_a_client_may_notice_is_found(old: str, new: str, type_: str) -> None:
    after = BEFORE.replace(old, new)
    assert after != BEFORE

    found = broken(build_schema(BEFORE), build_schema(after))

    assert {one.split(" ")[0] for one in found} == {type_}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: String!  ", "name: String!  note: String  "),
        ("first: Int = 50", "first: Int = 50, after: String"),
        ("name: String }", "name: String  storeId: ID }"),
        ("type Gone", '"Described."\ntype Gone'),
    ],
)
def test_what_is_new_breaks_nothing(old: str, new: str) -> None:
    after = BEFORE.replace(old, new)
    assert after != BEFORE

    assert broken(build_schema(BEFORE), build_schema(after)) == set()
