"""Lists: the page first, cut by its LIMIT, and only then the joins and the JSON of what is left."""

# ruff: noqa: S608 - SQL is what is made here, of declarations alone: what a client sends is bound.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schema.reading.json_sql import Json, Sql, array_of, json, object_of, or_null
from schema.reading.model import Field, Type
from schema.reading.paging import Shape, beyond, cursor, order_by
from schema.reading.scope import From, Row, columns_of, where_all
from schema.reading.selection import Selected
from schema.reading.specs import Aggregate, ToMany

if TYPE_CHECKING:
    from schema.reading.compile import Compiler


def many(
    compiler: Compiler, edge: Field, fields: tuple[Selected, ...], row: Row, site: int
) -> tuple[Json, str]:
    """A to_many() from `row`: a plain list, or a connection whose arguments are those of `site`.

    The value, and the FROM whose rows it is made of: "" when it is made of none.
    """
    if edge.is_list:
        return _list(compiler, edge, fields, row)
    return _Connection(compiler, edge, row, site).made(fields)


def over_rows(value: Json, *, order: str, only: str | None = None) -> Json:
    """The values of all rows of the enclosing FROM, as a JSON array in the given order."""
    rows = f" filter (where {only})" if only else ""
    each = f"string_agg({value.sql}, ',' order by {order}){rows}"
    return json("[", Sql(f"coalesce({each}, '')"), "]")


def _list(
    compiler: Compiler, edge: Field, fields: tuple[Selected, ...], row: Row
) -> tuple[Json, str]:
    target = compiler.model.types[edge.target]
    assert isinstance(edge.spec, ToMany)
    shape = Shape(target.rows.default_order, edge.spec.at_most, False, (), "", "")
    page = _Page(compiler, target, shape)
    rows = over_rows(page.object(fields), order=page.presented)
    conditions = compiler.conditions(edge, target, row, page.alias)
    return rows, page.source(conditions)


class _Page:
    """The rows of one page, numbered in `_n`, their count in `_c`, and the joins beside them.

    What the page's fields use decides what it fetches: one row more than asked when it matters
    whether another follows, nothing at all when only totals are asked for.
    """

    def __init__(self, compiler: Compiler, target: Type, shape: Shape) -> None:
        order = target.orders[shape.order]
        if order:
            compiler.sight.check_only(order.only, f"{target.name}'s order {shape.order}")
        self.target, self.shape, self.alias = target, shape, compiler.alias()
        self.used = self.peeks = False
        self.presented = f"{self.alias}._n desc" if shape.backward else f"{self.alias}._n"
        self._compiler = compiler
        self._row = Row(self.alias, target)
        self._scope = From()

    def object(self, fields: tuple[Selected, ...]) -> Json:
        return self._compiler.object(self.target, fields, self._row, self._scope)

    def list(self, value: Json) -> Json:
        self.used = True
        return over_rows(value, order=self.presented, only=f"{self.alias}._n <= {self.shape.size}")

    def cursor(self) -> Json:
        return cursor(self.target, self.shape.order, self.alias)

    def source(self, conditions: Sequence[str]) -> str:
        alias, shape = self.alias, self.shape
        order = order_by(self.target.orders[shape.order], alias, backward=shape.backward)
        rows = (
            f"select {columns_of(alias)} from {self.target.rows.name} {alias}"
            f"{where_all(conditions)}"
            f" order by {order} limit {shape.size + self.peeks}"
        )
        numbered = f"{alias}.*, row_number() over () as _n, count(*) over () as _c"
        return f"(select {numbered} from ({rows}) {alias}) {alias}{self._scope.sql}"


class _Connection:
    """One connection while it is compiled."""

    def __init__(self, compiler: Compiler, edge: Field, row: Row, site: int) -> None:
        shape = compiler.shapes[site]
        assert isinstance(shape, Shape)
        self._compiler, self._edge, self._row, self._site = compiler, edge, row, site
        self._target = compiler.model.types[compiler.model.row_of_page[edge.target]]
        compiler.sight.check(self._target, edge.path)  # also when nothing of the rows is asked
        self._shape = shape
        self._page = _Page(compiler, self._target, shape)

    def made(self, fields: tuple[Selected, ...]) -> tuple[Json, str]:
        value = object_of([(selected.key, self._field(selected)) for selected in fields])
        if not self._page.used:
            return value, ""
        conditions = self._whole(self._page.alias)
        if self._shape.after:
            conditions.append(self._beyond(self._page.alias, after=True))
        if self._shape.before:
            conditions.append(self._beyond(self._page.alias, after=False))
        return value, self._page.source(conditions)

    def _field(self, selected: Selected) -> Json:
        match selected.name:
            case "__typename":
                return json(f'"{selected.owner}"')
            case "nodes":
                return self._page.list(self._page.object(selected.children))
            case "edges":
                parts = [(part.key, self._edge_field(part)) for part in selected.children]
                return self._page.list(object_of(parts))
            case "pageInfo":
                parts = [(part.key, self._page_info(part)) for part in selected.children]
                return object_of(parts)
            case "totalCount":
                return json(Sql(f"(select count(*) {self._source(self._compiler.alias())})::text"))
            case "emptyBecause":
                return self._empty_because(selected.children)
        return self._totals(selected)

    def _edge_field(self, part: Selected) -> Json:
        match part.name:
            case "cursor":
                return self._page.cursor()
            case "node":
                return self._page.object(part.children)
        return json(f'"{part.owner}"')

    def _page_info(self, part: Selected) -> Json:
        match part.name:
            case "startCursor" | "endCursor":
                self._page.used = True
                alias, shape = self._page.alias, self._shape
                first_fetched = (part.name == "startCursor") != shape.backward
                place = "1" if first_fetched else f"least({alias}._c, {shape.size})"
                cursors = f"max({self._page.cursor().sql}) filter (where {alias}._n = {place})"
                return or_null(json(Sql(cursors)))
            case "hasNextPage":
                return self._has_more(following=True)
            case "hasPreviousPage":
                return self._has_more(following=False)
        return json(f'"{part.owner}"')

    def _has_more(self, *, following: bool) -> Json:
        """Whether rows of the list lie outside the page on this side: cut off, or past a cursor."""
        ways = []
        if following != self._shape.backward:
            self._page.used = self._page.peeks = True
            ways.append(f"count(*) > {self._shape.size}")
        if self._shape.before if following else self._shape.after:
            alias = self._compiler.alias()
            outside = f"({self._beyond(alias, after=not following)}) is not true"
            ways.append(f"exists (select {self._source(alias, outside)})")
        return json(Sql(f"({' or '.join(ways)})::text") if ways else "false")

    def _empty_because(self, fields: tuple[Selected, ...]) -> Json:
        """Of an empty list, each filter with the rows that there would be without it.

        Nothing is counted while there are rows: PostgreSQL does not come to that branch.
        """
        if not self._shape.conditions:
            return json("[]")
        found = array_of(
            object_of((part.key, self._narrowing(part, index)) for part in fields)
            for index in range(len(self._shape.conditions))
        )
        any_row = f"exists (select {self._source(self._compiler.alias())})"
        return json(Sql(f"case when {any_row} then '[]' else {found.sql} end"))

    def _narrowing(self, part: Selected, index: int) -> Json:
        """What is told of the condition with this index."""
        match part.name:
            case "filter":
                return json(f'"{self._shape.conditions[index]}"')
            case "without":
                alias = self._compiler.alias()
                conditions = self._compiler.conditions(
                    self._edge, self._target, self._row, alias, self._site, but=index
                )
                rows = f"from {self._target.rows.name} {alias}{where_all(conditions)}"
                return json(Sql(f"(select count(*) {rows})::text"))
        return json(f'"{part.owner}"')

    def _totals(self, selected: Selected) -> Json:
        model, alias = self._compiler.model, self._compiler.alias()
        declared = model.types[selected.owner].fields[selected.name]
        spec = declared.spec
        assert isinstance(spec, Aggregate)
        row, source = Row(alias, self._target), self._source(alias)
        sums = model.types[declared.target]
        value = self._compiler.object(sums, selected.children, row, From())
        if not spec.group_by:
            # "having" makes one row of it even when nothing that is selected is an aggregate.
            return json(Sql(f"(select {value.sql} {source} having true)"))
        group = ", ".join(spec.group_by).replace("{t}", alias)
        order = f"{spec.most} desc, ".replace("{t}", alias) + group if spec.most else group
        groups = (
            f"select {value.sql} as j, row_number() over (order by {order}) as n {source}"
            f" group by {group} order by {order} limit {spec.at_most}"
        )
        listed = over_rows(json(Sql("g.j")), order="g.n")
        return json(Sql(f"(select {listed.sql} from ({groups}) g)"))

    def _whole(self, alias: str) -> list[str]:
        """The conditions of the whole list, whatever the page."""
        return self._compiler.conditions(self._edge, self._target, self._row, alias, self._site)

    def _source(self, alias: str, *more: str) -> str:
        return f"from {self._target.rows.name} {alias}{where_all([*self._whole(alias), *more])}"

    def _beyond(self, alias: str, *, after: bool) -> str:
        """The rows after the cursor `after`, or before the cursor `before`."""
        shape, order = self._shape, self._target.orders[self._shape.order]
        lengths = {"": 0, "null": 1, "value": 1 if order is None else 2}
        start = len(shape.conditions) + (0 if after else lengths[shape.after])
        mark = shape.after if after else shape.before
        key = [self._compiler.value(self._site, start + i) for i in range(lengths[mark])]
        return beyond(order, alias, mark, key, following=after)
