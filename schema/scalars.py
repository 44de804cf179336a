"""Moments as all answers write them, UTC to the second; and what the schema says of scalars."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.schema.types.base_scalars import (
    DateDefinition,
    DateTimeDefinition,
    DecimalDefinition,
)
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.scalar import ScalarDefinition


def _moment(text: str) -> datetime:
    parse = DateTimeDefinition.parse_value
    assert parse is not None, "Strawberry's own scalar reads what it writes"
    moment: datetime = parse(text)
    try:
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise GraphQLError("This moment lies outside of the calendar.") from None


def _utc_seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in ISO 8601, in UTC and to the second: `2026-09-01T12:00:00Z`. What"
        " is given may be in another zone, and says which: `2026-09-01T14:00:00+02:00`.",
        serialize=_utc_seconds,
        parse_value=_moment,
    ),
    date: replace(
        DateDefinition,
        description="A day of the calendar in ISO 8601: `2026-09-01`. In which time zone it is a"
        " day, its field says.",
    ),
    Decimal: replace(
        DecimalDefinition,
        description="An exact decimal number, as text: `12.50`. A number of JSON is taken as well,"
        " and read as it is written.",
    ),
    JSON: replace(
        DEFAULT_SCALAR_REGISTRY[JSON],
        description='Any value of JSON: `{"season": "spring"}`. What is in it, its field says.',
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
    ),
}
