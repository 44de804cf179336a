"""A row as the audit remembers it: what lies in it, the ids of what it points at, and what else is
told of it by its declaration."""

from __future__ import annotations

import re

from schema.reading.model import Field, Model, Type, column_sql
from schema.reading.scope import Sight
from schema.reading.selection import Selected
from schema.reading.specs import Amount, Column, Embedded, Ident, ToMany, ToOne

_OF_THE_ROW = re.compile(r"\{t\}\.\w+")


def portrait(model: Model, type_: Type, sight: Sight) -> tuple[Selected, ...]:
    """A selection of them, under the names that the schema has for them."""
    fields = (field for field in type_.fields.values() if field.only in (None, sight.room))
    return tuple(chosen for field in fields if (chosen := _chosen(model, field, sight)))


def _chosen(model: Model, field: Field, sight: Sight) -> Selected | None:
    def select(*children: Selected) -> Selected:
        return Selected(field.name, field.owner, field.name, 0, children)

    def leaf(name: str) -> Selected:
        return Selected(name, field.target, name, 0, ())

    match field.spec:
        case Ident():
            return select()
        case Column(sql) if field.told or _OF_THE_ROW.fullmatch(column_sql(field, sql)):
            return select()
        case Amount():
            return select(leaf("amount"), leaf("currency"))
        case Embedded():
            below = portrait(model, model.types[field.target], sight)
            return select(*below) if below else None
        case ToMany() if field.told:
            return select(*_leaves(model.types[field.target]))
        case ToOne() if field.told or field.spec.keyed:
            target = model.types[field.target]
            if "id" in target.fields and sight.sees(target):
                return select(leaf("id"))
    return None


def _leaves(type_: Type) -> list[Selected]:
    """Its columns, wherever they are computed."""
    return [
        Selected(name, type_.name, name, 0, ())
        for name, field in type_.fields.items()
        if isinstance(field.spec, Column)
    ]
