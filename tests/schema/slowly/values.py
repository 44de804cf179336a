"""Single values as the API writes them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLNamedType

from schema.root import schema

DECIMALS: Final = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}

STORED: Final = {
    type_.name: {
        name: str(getattr(value.value, "value", value.value))
        for name, value in type_.values.items()
    }
    for type_ in schema._schema.type_map.values()
    if isinstance(type_, GraphQLEnumType)
}
"""Of each enum, what the database has for each name."""


def written(type_: GraphQLNamedType, value: Any) -> Any:
    """A column's value in the answer."""
    if value is None:
        return None
    if isinstance(value, list):
        return [written(type_, each) for each in value]
    if type_.name in STORED:
        (name,) = [name for name, stored in STORED[type_.name].items() if stored == str(value)]
        return name
    match type_.name:
        case "Int":
            assert value == int(value)
            return int(value)
        case "Boolean":
            assert isinstance(value, bool)
            return value
        case "BigInt":
            return str(int(value))
        case "Decimal":
            return format(Decimal(value), "f")
        case "Date":
            assert type(value) is date
            return value.isoformat()
        case "DateTime":
            assert isinstance(value, datetime)
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "JSON":
            return json.loads(value)
        case "String" | "ID":
            return str(value)
    raise AssertionError(type_.name)


def money(minor: int | None, currency: str | None) -> dict[str, str] | None:
    if minor is None or currency is None:
        return None
    amount = Decimal(int(minor)).scaleb(-DECIMALS[currency])
    return {"amount": format(amount, "f"), "currency": currency}


def literal(value: Any, type_: GraphQLNamedType, *, prefix: str | None, like: bool) -> str:
    """A client's value as an SQL literal, whose type PostgreSQL finds out by itself."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return _quoted("{" + ",".join(_item(_stored(each, type_, prefix)) for each in value) + "}")
    text = _stored(value, type_, prefix)
    if like:
        for special in ("\\", "%", "_"):
            text = text.replace(special, f"\\{special}")
        text = f"%{text}%"
    return _quoted(text)


def _stored(value: Any, type_: GraphQLNamedType, prefix: str | None) -> str:
    if prefix:
        return str(value).partition("_")[2]
    return STORED[type_.name][value] if type_.name in STORED else str(value)


def _item(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
