"""Answers to whole documents, slowly and obviously.

It shares with the product what the types declare (`schema.reading.model`): in which SQL place a
field lives, which rows an edge leads to, what a filter asks, who reaches which rows. It shares
nothing that makes statements of it. graphql-core's own executor calls a resolver for each field of
each row; a place is one SELECT over one table, remembered, since nobody writes; who may see what,
order, pages, cursors, sums, money and ids are Python.

`rows.py` asks the database, `reach.py` says which rows are there for whom, `pages.py` sorts and
cuts lists, `values.py` writes single values, `refusals.py` finds what may not be asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
)

from domain.access import Room, Scope
from domain.ids import encode
from schema.context import Context
from schema.conversions import AmazonOrder
from schema.reading.model import Field, column_sql
from schema.reading.specs import (
    Aggregate,
    Amount,
    ById,
    ByIds,
    Column,
    Computed,
    Embedded,
    Ident,
    ToMany,
    ToOne,
)
from schema.root import schema
from tests.schema.slowly.pages import in_order, page
from tests.schema.slowly.reach import MODEL, Reach, Row, target_of
from tests.schema.slowly.values import money, written

SCHEMA: Final[GraphQLSchema] = build_schema(schema.as_str())
DATE_TIME: Final = SCHEMA.type_map["DateTime"]
_SUM: Final = re.compile(r"(count|sum)\((.+)\)", re.DOTALL)


@dataclass(frozen=True)
class Group:
    """Rows of a list that are summed."""

    rows: tuple[Row, ...]


class Slow:
    """Answers as one viewer. `context` is what computed fields ask of the request."""

    def __init__(self, reach: Reach, context: Context) -> None:
        self.reach = reach
        self.context = context
        self.found = 0
        """How many values of rows are in the last answer."""

    def answer(
        self, document: DocumentNode, variables: dict[str, Any], refused: Collection[str] = ()
    ) -> Any:
        """The data; questions of `refused` response keys are answered with nothing."""
        self.found = 0
        result = execute_sync(
            SCHEMA,
            document,
            variable_values=variables,
            field_resolver=lambda source, info, **given: (
                None if info.path.prev is None and info.path.key in refused
                else self.resolve(source, info, **given)
            ),
            type_resolver=lambda row, _info, _type: row.type,
        )  # fmt: skip
        for error in result.errors or ():
            assert error.path is not None
            assert error.path[0] in refused, error
        return result.data

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        owner, name = info.parent_type.name, info.field_name
        declared = MODEL.types[owner].fields.get(name) if owner in MODEL.types else None
        if owner == "Query" and declared is None:
            return self._viewer() if name == "viewer" else vars(AmazonOrder())
        if owner == "Query" and declared is not None:
            return self._root(declared, given)
        if declared is None:
            return source[name]
        if isinstance(source, Group):
            return self._summed(declared, source)
        if isinstance(source, dict):
            assert isinstance(declared.spec, Aggregate)
            table = MODEL.types[MODEL.row_of_page[owner]].rows.name
            return self._totals(declared.spec, table, source["all"])
        return self._of_row(declared, source, given)

    def _viewer(self) -> Mapping[str, Any]:
        seat = self.context.seat
        type_ = {Room.ACCOUNT: "Account", Room.AFFILIATE: "Affiliate"}.get(seat.room)
        room = Row(type_, str(seat.room_id)) if type_ else None
        told = {
            "id": encode(room.of.rows.prefix or "", UUID(room.key)) if room else "operator",
            "room": seat.room.value,
            "role": seat.role and seat.role.value,
            "scopes": [scope.value for scope in Scope if scope in seat.scopes],
        }
        return {
            "seat": told,
            "seats": [told],
            "account": room if type_ == "Account" else None,
            "affiliate": room if type_ == "Affiliate" else None,
            "person": None,
            "now": written(DATE_TIME, self.context.now()),
        }

    def _root(self, asked: Field, given: Mapping[str, Any]) -> Any:
        match asked.spec:
            case ById():
                return self._by_id(given["id"])
            case ByIds():
                return [self._by_id(id) for id in given["ids"]]
            case ToOne():
                return self._first(asked, asked.spec, self.reach.root(asked))
        return page(self.reach, asked, self.reach.root(asked), given)

    def _by_id(self, id: str) -> Row | None:
        prefix, _, digits = id.partition("_")
        row = Row(MODEL.by_prefix[prefix].name, str(UUID(digits)))
        return row if self.reach.sight.sees(row.of) and self.reach.sees(row) else None

    def _of_row(self, declared: Field, row: Row, given: Mapping[str, Any]) -> Any:
        self.found += 1
        match declared.spec:
            case Ident():
                return f"{row.of.rows.prefix}_{self.reach.value(row, '{t}.id').hex}"
            case Column(sql):
                named = get_named_type(declared.type)
                place = column_sql(declared, sql)
                return written(named, self.reach.value(row, _as_read(named.name, place)))
            case Amount(minor, currency):
                return money(self.reach.value(row, minor), self.reach.value(row, currency))
            case Embedded(when):
                return row if when is None or self.reach.value(row, when) else None
            case ToOne():
                return self._one(declared, declared.spec, row)
            case ToMany(_, at_most) if declared.is_list:
                target = target_of(declared)
                rows = self.reach.below(declared, row)
                return in_order(self.reach, target, rows, target.rows.default_order)[:at_most]
            case ToMany():
                return page(self.reach, declared, self.reach.below(declared, row), given)
            case Computed(function, needs):
                read = [self.reach.value(row, f"to_json({need})::text") for need in needs]
                found = function(self.context, *(each and json.loads(each) for each in read))
                assert not isinstance(declared.type, GraphQLEnumType) or isinstance(found, str)
                return found
        raise AssertionError(declared.path)

    def _one(self, edge: Field, spec: ToOne, row: Row) -> Row | None:
        if spec.via:
            way = MODEL.edge(edge.owner, spec.via)
            assert isinstance(way.spec, ToOne)
            between = self._one(way, way.spec, row)
            if between is None:
                return None
            row = between
        return self._first(edge, spec, self.reach.below(edge, row))

    def _first(self, edge: Field, spec: ToOne, found: set[Row]) -> Row | None:
        """The first in the edge's order, then by id."""
        if not found:
            return None
        table = target_of(edge).rows.name
        places = self.reach.rows.places_in(table, spec.pick or "true")
        ids = self.reach.rows.values(table, "{t}.id")
        return min(found, key=lambda row: (places[row.key], ids[row.key]))

    def _totals(self, spec: Aggregate, table: str, rows: list[Row]) -> Any:
        if not spec.group_by:
            return Group(tuple(rows))
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            key = tuple(self.reach.value(row, place) for place in spec.group_by)
            groups.setdefault(key, []).append(row)
        places = self.reach.rows.places_in(table, ", ".join(spec.group_by))
        found = [Group(tuple(group)) for group in groups.values()]
        found.sort(key=lambda group: min(places[row.key] for row in group.rows))
        if spec.most:
            found.sort(key=lambda group: self._sum(spec.most, group), reverse=True)
        return found[: spec.at_most]

    def _summed(self, declared: Field, group: Group) -> Any:
        match declared.spec:
            case Column(sql):
                value = self._sum(column_sql(declared, sql), group)
                return written(get_named_type(declared.type), value)
            case Amount(minor, currency):
                return money(self._sum(minor, group), self._sum(currency, group))
        raise AssertionError(declared.path)

    def _sum(self, sql: str, group: Group) -> Any:
        """A sum, a count, or what the group goes by."""
        form = _SUM.fullmatch(sql)
        if form is None:
            (value,) = {self.reach.value(row, sql) for row in group.rows}
            return value
        what, place = form.groups()
        if what == "count":
            assert place == "*"
            return len(group.rows)
        values = [self.reach.value(row, place) for row in group.rows]
        known = [value for value in values if value is not None]
        return sum(known) if known else None


def _as_read(type_name: str, place: str) -> str:
    """JSON is read as text, whose numbers Python then reads by itself."""
    return f"({place})::text" if type_name == "JSON" else place
