"""Moments as all answers write them, whoever makes the answer: UTC, to the second."""

from datetime import UTC, datetime

import strawberry
from strawberry.schema.types.base_scalars import DateTimeDefinition
from strawberry.types.scalar import ScalarDefinition


def _utc_seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in ISO 8601, to the second: 2026-09-01T12:00:00Z.",
        serialize=_utc_seconds,
        parse_value=DateTimeDefinition.parse_value,
    )
}
