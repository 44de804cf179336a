"""From a selection to one SQL statement that yields the answer's JSON text.

A to-one edge is a join beside its row, so that PostgreSQL chooses how to fetch a page's worth of
them at once. A list is a subquery of its own, in `lists.py`.
"""

# ruff: noqa: S608 - SQL is what is made here, of declarations alone: what a client sends is bound.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from domain.access import Room
from schema.reading import lists
from schema.reading.json_sql import Json, Sql, array_of, json, object_of, or_null, quoted, when
from schema.reading.kinds import decimal_amount
from schema.reading.model import Field, Model, Type, column_sql
from schema.reading.paging import Shape
from schema.reading.scope import (
    ROOM,
    ROOT,
    From,
    Row,
    Sight,
    Statement,
    columns_of,
    where_all,
    with_columns,
)
from schema.reading.selection import Selected
from schema.reading.specs import Amount, Column, Computed, Embedded, Ident, ToMany, ToOne


class Compiler:
    """Compiles one root field; `shapes` are those of its argument sites, its own at 0.

    Raises BadQuestion for what cannot be seen from where it is looked.
    """

    def __init__(self, model: Model, sight: Sight, shapes: Sequence[object]) -> None:
        self.model = model
        self.sight = sight
        self.shapes = shapes
        self._slots: dict[tuple[int, int], str] = {}
        self._aliases = 0

    # The roots, each a whole statement.

    def root(self, root: Field, fields: tuple[Selected, ...]) -> Statement:
        """A root's to_one() or to_many()."""
        if isinstance(root.spec, ToMany):
            return self._statement(*lists.many(self, root, fields, ROOT, 0))
        assert isinstance(root.spec, ToOne)
        target, alias, scope = self.model.types[root.target], self.alias(), From()
        value = self.object(target, fields, Row(alias, target), scope)
        conditions = self.conditions(root, target, ROOT, alias)
        pick = root.spec.pick and f" order by {root.spec.pick.replace('{t}', alias)}"
        source = f"{target.rows.name} {alias}{scope.sql}"
        return self._statement(value, source, conditions, f"{pick or ''} limit 1")

    def by_id(self, target: Type, fields: tuple[Selected, ...]) -> Statement:
        alias, scope = self.alias(), From()
        value = self.object(target, fields, Row(alias, target), scope)
        conditions = [*self._reach(target, alias), f"{alias}.id = {self.value(0, 0)}"]
        return self._statement(value, f"{target.rows.name} {alias}{scope.sql}", conditions)

    def by_ids(self, fields: Mapping[str, tuple[Selected, ...]]) -> Statement:
        """The values are the ids' prefixes and their UUIDs, side by side."""
        cases = []
        for name, selected in fields.items():
            target, alias, scope = self.model.types[name], self.alias(), From()
            value = self.object(target, selected, Row(alias, target), scope)
            conditions = [*self._reach(target, alias), f"{alias}.id = i.id"]
            source = f"{target.rows.name} {alias}{scope.sql}{where_all(conditions)}"
            found = f"(select {value.sql} from {source})"
            cases.append(f"when {quoted(target.rows.prefix or '')} then {found}")
        item = json(Sql(f"case i.prefix {' '.join(cases)} end")) if cases else json("null")
        asked = f"unnest({self.value(0, 0)}::text[], {self.value(0, 1)}::uuid[])"
        return self._statement(
            lists.over_rows(or_null(item), order="i.n"), f"{asked} with ordinality i(prefix, id, n)"
        )

    def many(self, target: Type, selections: Sequence[tuple[Selected, ...]]) -> Statement:
        """An object from UUID to a list with the row's JSON under each of several selections."""
        alias, scope = self.alias(), From()
        row = Row(alias, target)
        values = array_of(self.object(target, fields, row, scope) for fields in selections)
        entry = json('"', Sql(f"{alias}.id"), '":') + values
        entries = json("{", Sql(f"coalesce(string_agg({entry.sql}, ','), '')"), "}")
        conditions = [*self._reach(target, alias), f"{alias}.id = any({self.value(0, 0)})"]
        return self._statement(entries, f"{target.rows.name} {alias}{scope.sql}", conditions)

    # Objects and their fields.

    def object(self, type_: Type, fields: tuple[Selected, ...], row: Row, scope: From) -> Json:
        """A JSON object of the fields, whose columns are those of `row`."""

        def values() -> Iterator[tuple[str, Json]]:
            for selected in fields:
                if selected.name == "__typename":
                    yield selected.key, json(f'"{type_.name}"')
                else:
                    declared = type_.fields[selected.name]
                    yield selected.key, self._field(declared, selected, row, scope)

        return object_of(values())

    def _field(self, declared: Field, selected: Selected, row: Row, scope: From) -> Json:
        def here(sql: str) -> str:
            return self._fill(sql, row.alias)

        self.sight.check_only(declared.only, declared.path)
        match declared.spec:
            case Ident():
                prefix = row.type.rows.prefix if row.type else ""
                return json(f'"{prefix}_', Sql(f"encode(uuid_send({row.alias}.id), 'hex')"), '"')
            case Column(sql):
                return or_null(declared.kind.to_json(here(column_sql(declared, sql))))
            case Amount(minor, currency):
                return _money(selected.children, here(minor), here(currency))
            case ToOne():
                return self._one(declared, selected.children, row, scope)
            case ToMany():
                value, source = lists.many(self, declared, selected.children, row, selected.site)
                return json(Sql(f"(select {value.sql} from {source})")) if source else value
            case Embedded(condition):
                part = self.object(self.model.types[declared.target], selected.children, row, scope)
                return when(here(condition), part) if condition else part
            case Computed(_, needs):
                needed = (json(Sql(f"to_json({here(need)})::text")) for need in needs)
                return array_of(map(or_null, needed))
        raise AssertionError(declared.path)

    def _one(self, edge: Field, fields: tuple[Selected, ...], row: Row, scope: From) -> Json:
        there = self._joined(edge, row, scope)
        assert there.type is not None
        value = self.object(there.type, fields, there, scope)
        return when(f"{there.alias}.id is not null", value)

    def _joined(self, edge: Field, row: Row, scope: From) -> Row:
        """The row that an edge leads to, joined once however often it is asked for."""
        assert isinstance(edge.spec, ToOne)
        target, at = self.model.types[edge.target], (row.alias, edge.path)
        if at not in scope.joins:
            if edge.spec.via:
                row = self._joined(self.model.edge(edge.owner, edge.spec.via), row, scope)
            scope.joins[at] = self._join(edge, target, row)
        return Row(scope.joins[at][0], target)

    def _join(self, edge: Field, target: Type, row: Row) -> tuple[str, str]:
        assert isinstance(edge.spec, ToOne)
        alias = self.alias()
        conditions = self.conditions(edge, target, row, alias)
        if edge.spec.keyed:
            return alias, f" left join {target.rows.name} {alias} on {' and '.join(conditions)}"
        pick = f"{edge.spec.pick.replace('{t}', alias)}, " if edge.spec.pick else ""
        source = (
            f"select {columns_of(alias)} from {target.rows.name} {alias}{where_all(conditions)}"
        )
        first = f"{source} order by {pick}{alias}.id limit 1"
        return alias, f" left join lateral ({first}) {alias} on true"

    # Conditions, and the values that they bind.

    def conditions(
        self,
        edge: Field,
        target: Type,
        row: Row,
        alias: str,
        site: int | None = None,
        *,
        but: int | None = None,
    ) -> list[str]:
        """Who may see the rows, where the edge leads, and what the client's filter leaves.

        `but` is the index of a condition of the filter that is not asked.
        """
        assert isinstance(edge.spec, (ToOne, ToMany))
        self.sight.check(target, edge.path)
        pointed_at = isinstance(edge.spec, ToOne) and edge.spec.keyed and row.of_tenant
        found = self._reach(target, alias, proven=pointed_at)
        tenants = target.rows.tenant, row.type and row.type.rows.tenant
        if self.sight.room is not Room.ACCOUNT and all(tenants):
            # Rows of many accounts are in sight: an edge stays within its own.
            found.append(f"{alias}.{tenants[0]} = {row.alias}.{tenants[1]}")
        if edge.spec.on:
            found.append(self._fill(edge.spec.on, alias).replace("{p}", row.alias))
        shape = None if site is None else self.shapes[site]
        if site is not None and isinstance(shape, Shape):
            for index, name in enumerate(shape.conditions):
                if index == but:
                    continue
                declared = target.conditions[name]
                self.sight.check_only(declared.only, f"{edge.path}: filter.{name}")
                condition = self._fill(declared.sql, alias)
                found.append(f"({condition.replace('{v}', self.value(site, index))})")
        return found

    def _reach(self, target: Type, alias: str, *, proven: bool = False) -> list[str]:
        """To an account its own rows; of the network what is visible, unless the way there proves
        it, which a row of the account does that holds the id. To an affiliate what is about it.
        """
        self.sight.check(target, target.name)
        table = target.rows
        match self.sight.room:
            case Room.ACCOUNT if table.tenant:
                return [f"{alias}.{table.tenant} = {self.value(*ROOM)}"]
            case Room.ACCOUNT if table.visible and not proven:
                return [f"({self._fill(table.visible, alias)})"]
            case Room.AFFILIATE if table.affiliate:
                return [f"({self._fill(table.affiliate, alias)})"]
        return []

    def _fill(self, sql: str, alias: str) -> str:
        for name, room in (("{account}", Room.ACCOUNT), ("{affiliate}", Room.AFFILIATE)):
            if name in sql:
                self.sight.check_only(room, "What is asked for")
                sql = sql.replace(name, self.value(*ROOM))
        return sql.replace("{t}", alias)

    def value(self, site: int, index: int) -> str:
        """The parameter that will hold this value."""
        return self._slots.setdefault((site, index), f"${len(self._slots) + 1}")

    def alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def _statement(
        self, value: Json, source: str = "", conditions: Sequence[str] = (), end: str = ""
    ) -> Statement:
        from_ = f" from {source}" if source else ""
        frame, columns = value.framed()
        sql = f"select {', '.join(columns)}{from_}{where_all(conditions)}{end}"
        return Statement(with_columns(sql), tuple(self._slots), frame)


def _money(fields: tuple[Selected, ...], minor: str, currency: str) -> Json:
    def values() -> Iterator[tuple[str, Json]]:
        for selected in fields:
            match selected.name:
                case "amount":
                    yield selected.key, json('"', decimal_amount(minor, currency), '"')
                case "currency":
                    yield selected.key, json('"', Sql(f"({currency})::text"), '"')
                case _:
                    yield selected.key, json('"Money"')

    return when(f"({minor}) is not null and ({currency}) is not null", object_of(values()))
