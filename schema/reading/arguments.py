"""The arguments of a declared field: they follow from what it leads to."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.lazy_type import LazyType

from schema.reading.declare import table_of
from schema.reading.specs import LIST_MAX, PAGE_DEFAULT, PAGE_MAX, ById, ByIds, Spec, ToMany
from schema.reading.types import Connection


def arguments_of(spec: Spec, leads_to: object) -> list[StrawberryArgument]:
    def argument(name: str, type_: object, description: str, **more: Any) -> StrawberryArgument:
        return StrawberryArgument(
            name, None, StrawberryAnnotation(type_), description=description, **more
        )

    match spec:
        case ById():
            return [argument("id", strawberry.ID, "The id, with its prefix.")]
        case ByIds():
            return [argument("ids", list[strawberry.ID], f"At most {LIST_MAX} ids.")]
        case ToMany():
            page = _innermost(leads_to)
            if not (isinstance(page, type) and issubclass(page, Connection)):
                return []
            definition = get_object_definition(page, strict=True)
            nodes = definition.get_field("nodes")
            assert nodes is not None
            row_type = _innermost(nodes.resolve_type(type_definition=definition))
            rows = table_of(row_type) if isinstance(row_type, type) else None
            size = f"1 to {PAGE_MAX}; {PAGE_DEFAULT} when neither is given."
            found = [
                argument("first", int | None, f"So many from the start, {size}"),
                argument("after", str | None, "Only what comes after this cursor."),
                argument("last", int | None, f"So many from the end, {size}"),
                argument("before", str | None, "Only what comes before this cursor."),
            ]
            if rows and rows.filter:
                kind = rows.filter | None
                found.append(argument("filter", kind, "Only what meets all of these."))
            if rows and rows.order_enum:
                default = rows.order_enum[rows.default_order]
                found.append(argument("order_by", rows.order_enum, "The order.", default=default))
            return found
    return []


def _innermost(type_: object) -> object:
    while isinstance(type_, (StrawberryContainer, LazyType)):
        type_ = type_.resolve_type() if isinstance(type_, LazyType) else type_.of_type
    return type_
