"""The GraphQL types that every schema of the Ask road has."""

# No postponed annotations here: Strawberry resolves the generics at import.

import re
from decimal import Decimal
from typing import Generic, NewType, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from schema.reading.declare import ident

T = TypeVar("T")

BigInt = NewType("BigInt", int)
"""A whole number that may not fit in GraphQL's 32-bit Int: decimal text in JSON."""


def _big_int(value: object) -> BigInt:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value, re.ASCII):
        value = int(value)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise GraphQLError("This is not a whole number of at most 64 bits.")
    return BigInt(value)


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description='A whole number of at most 64 bits, as decimal text: `"9000000000"`.',
        serialize=str,
        parse_value=_big_int,
    )
}


@strawberry.interface(description="Whatever has an id and can be asked for by it.")
class Node:
    id: strawberry.ID = ident("Begins with a prefix that says the kind. Never changes.")


@strawberry.type(description="An amount of money, exact.")
class Money:
    amount: Decimal = strawberry.field(
        description="Decimal text with the currency's own number of decimals: 12.30 in USD."
    )
    currency: str = strawberry.field(description="The ISO 4217 code, three capital letters.")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="Of the first row; null on no rows.")
    end_cursor: str | None = strawberry.field(description="Of the last row; null on no rows.")


@strawberry.type(description="A row of a list and its place in it.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="Opaque. Good for `after` and `before` in the same order."
    )
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="What one filter leaves out of a list.")
class Narrowing:
    filter: str = strawberry.field(description="The filter's name.")
    without: int = strawberry.field(
        description="How many rows the list would have without this filter, with all others."
    )


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    total_count: int = strawberry.field(description="Rows of the whole list under this filter.")
    empty_because: list[Narrowing] = strawberry.field(
        description="When the whole list is empty: for each filter that was given, how many rows"
        " there would be without that one. Empty while there are rows, or no filter."
    )
