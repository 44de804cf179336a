"""Moments as all answers write them, whoever makes the answer: UTC, to the second."""

from datetime import UTC, datetime

import strawberry
from graphql import GraphQLError
from strawberry.schema.types.base_scalars import DateTimeDefinition
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
        description="A moment in ISO 8601, to the second: 2026-09-01T12:00:00Z.",
        serialize=_utc_seconds,
        parse_value=_moment,
    )
}
