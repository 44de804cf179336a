"""Every declaration tried on a real database: a misspelt column is a failed test, by its name."""

# ruff: noqa: S608 - SQL is what is tried here, and made of declarations alone.

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import asyncpg
from graphql import GraphQLInputObjectType, get_named_type, is_list_type, is_non_null_type

from domain.access import Room
from schema.reading.compile import Compiler
from schema.reading.errors import BadQuestion, Misdeclared
from schema.reading.kinds import MINOR_UNITS, Kind
from schema.reading.model import Field, Model, Type, column_sql
from schema.reading.paging import Shape
from schema.reading.schema import Schema
from schema.reading.scope import Sight, Statement
from schema.reading.selection import Selected
from schema.reading.specs import (
    LIST_MAX,
    Aggregate,
    Amount,
    Column,
    Embedded,
    ToMany,
    ToOne,
)

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_TEXT = frozenset({"text", "varchar", "bpchar", "citext"})
_WHOLE = frozenset({"int2", "int4", "int8", "numeric"})
_BOUND = {
    "Boolean": frozenset({"bool"}),
    "Date": frozenset({"date"}),
    "DateTime": frozenset({"timestamptz"}),
    "Decimal": frozenset({"numeric"}),
    "Float": frozenset({"float4", "float8", "numeric"}),
    "Int": _WHOLE,
    "BigInt": _WHOLE,
}
"""What a filter's value may be bound to, by the scalar; a text or the word of an enum is a text."""

_OWN_COLUMN = re.compile(r"\{t\}\.(\w+)|\{t\}\.id = \{p\}\.(\w+)")


async def check(schema: Schema, connection: Connection, sight: Sight) -> None:
    """Prepares a statement for each declared field, order and filter that can be seen from there,
    and compares types.

    Raises Misdeclared with a line for each fault: what PostgreSQL says of the statement, which it
    reads with the connection's role; a column whose type the GraphQL type cannot show; a non-null
    field over a column that may be null; a filter whose value the condition does not take; a table
    of tenants whose type does not say so.
    """
    faults = []
    await connection.execute("SELECT set_config('app.now', now()::text, false)")
    for at, statement in _statements(schema.reading.model, sight):
        try:
            # Not only prepared: what a role may not read is found when a plan is started.
            await connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement.sql}")
        except asyncpg.PostgresError as error:
            faults.append(f"{at}: {error}")
    if not faults:
        for type_ in schema.reading.model.types.values():
            if type_.table and sight.sees(type_):
                faults += [fault async for fault in _columns(type_, connection, sight)]
                faults += [fault async for fault in _filters(schema, type_, connection)]
                faults += [fault async for fault in _tenants(schema, type_, connection)]
    if faults:
        raise Misdeclared(*dict.fromkeys(faults))


def _statements(model: Model, sight: Sight) -> Iterator[tuple[str, Statement]]:
    """What is out of sight is left out: asking for it is refused, which needs no database."""
    for type_ in model.types.values():
        for at, selected, shape in _selections(model, type_):
            with suppress(BadQuestion):
                if type_.table:
                    compiler = Compiler(model, sight, (None, shape))
                    yield at, compiler.by_id(type_, (selected,))
                else:
                    root = type_.fields[selected.name]
                    # A part of a row has edges too, which are read with that row.
                    if root.needs_no_row and isinstance(root.spec, (ToOne, ToMany)):
                        yield at, Compiler(model, sight, (shape,)).root(root, selected.children)


def _selections(model: Model, type_: Type) -> Iterator[tuple[str, Selected, Shape | None]]:
    """Each way to ask for a field: once, or with each of its orders, filters and totals."""
    for field in type_.fields.values():
        one = (_chosen(field.owner, "__typename"),)
        match field.spec:
            case Amount():
                parts = tuple(_chosen("Money", name) for name in ("amount", "currency"))
                yield field.path, _chosen(field.owner, field.name, parts), None
            case ToOne():
                yield field.path, _chosen(field.owner, field.name, one), None
            case ToMany():
                for at, shape, part in _pages(model, field, one):
                    yield at, _chosen(field.owner, field.name, part, 1), shape
            case Embedded():
                for at, inner, shape in _selections(model, model.types[field.target]):
                    yield at, _chosen(field.owner, field.name, (inner,)), shape
            case Aggregate():
                pass  # asked with the connections that have it
            case _:
                yield field.path, _chosen(field.owner, field.name), None


def _pages(
    model: Model, field: Field, one: tuple[Selected, ...]
) -> Iterator[tuple[str, Shape | None, tuple[Selected, ...]]]:
    if field.is_list:
        yield field.path, None, one
        return
    row = model.types[model.row_of_page[field.target]]
    nodes = (_chosen(field.target, "nodes", one),)
    for order in row.orders:
        for mark in ("", "value", "null" if order else "value"):
            shape = Shape(order, LIST_MAX, False, (), mark, mark)
            yield f"{field.path} in order {order or 'of id'}", shape, nodes
    for name in row.conditions:
        yield f"{field.path} by filter {name}", Shape("", LIST_MAX, False, (name,), "", ""), nodes
    page = model.types.get(field.target)
    for total in page.fields.values() if page else ():
        for at, part, _ in _selections(model, model.types[total.target]):
            chosen = _chosen(field.target, total.name, (part,))
            yield at, Shape("", LIST_MAX, False, (), "", ""), (chosen,)


def _chosen(owner: str, name: str, children: tuple[Selected, ...] = (), site: int = 0) -> Selected:
    return Selected(name, owner, name, site, children)


async def _columns(type_: Type, connection: Connection, sight: Sight) -> AsyncIterator[str]:
    nullable = {
        row["attname"]
        for row in await connection.fetch(
            "select attname from pg_attribute join pg_class c on c.oid = attrelid"
            " where attrelid = $1::text::regclass and not attnotnull and relkind in ('r', 'p')",
            type_.rows.name,
        )
    }
    for field in type_.fields.values():
        if field.only not in (None, sight.room):
            continue
        places: list[tuple[str, Kind | None]] = []
        match field.spec:
            case Column(sql):
                places = [(column_sql(field, sql), field.kind)]
            case Amount(minor, currency):
                places = [(minor, MINOR_UNITS), (currency, None)]
            case ToOne(on, _, True, None) if on:
                places = [(on, None)]
        for sql, kind in places:
            own = _OWN_COLUMN.fullmatch(sql)
            if own and is_non_null_type(field.type) and (own[1] or own[2]) in nullable:
                yield f"{field.path}: is non-null, but column {own[1] or own[2]} may be null"
            if kind and kind.sql_types:
                probe = f"select ({_anywhere(sql)}) from {type_.rows.name} t"
                found = (await connection.prepare(probe)).get_attributes()[0].type.name
                if found not in kind.sql_types:
                    wanted = ", ".join(sorted(kind.sql_types))
                    yield f"{field.path}: {field.type} is made of {wanted}, not of {found}"


async def _filters(schema: Schema, type_: Type, connection: Connection) -> AsyncIterator[str]:
    if type_.rows.filter is None:
        return
    name_of_filter = type_.rows.filter.__strawberry_definition__.name  # type: ignore[attr-defined]
    filter_ = cast(GraphQLInputObjectType, schema._schema.type_map[name_of_filter])
    for name, condition in type_.conditions.items():
        sql = _anywhere(condition.sql).replace("{v}", "$1")
        probe = await connection.prepare(f"select from {type_.rows.name} t where {sql}")
        found = probe.get_parameters()[0].name
        given = filter_.fields[name].type
        kinds = _BOUND.get(get_named_type(given).name, _TEXT)
        wanted = frozenset({"uuid"}) if condition.prefix else kinds
        if is_list_type(given):
            wanted = frozenset(f"{each}[]" for each in wanted)
        if found not in wanted:
            is_id = found.startswith("uuid") and not condition.prefix
            hint = "; an id needs a prefix=" if is_id else ""
            yield f"{name_of_filter}.{name}: {given} is given where {found} is taken{hint}"


async def _tenants(schema: Schema, type_: Type, connection: Connection) -> AsyncIterator[str]:
    if type_.rows.tenant or type_.rows.visible or not type_.rows.is_in(Room.ACCOUNT):
        return
    types = schema.reading.model.types.values()
    tenants = {each.rows.tenant for each in types if each.table} - {None}
    probe = await connection.prepare(f"select * from {type_.rows.name}")
    for column in probe.get_attributes():
        if column.name in tenants:
            yield (
                f"{type_.name}: table {type_.rows.name} has the column {column.name}, so its @table"
                f' needs tenant="{column.name}"'
            )


def _anywhere(sql: str) -> str:
    """With a row and a viewer of no consequence."""
    for name in ("{account}", "{affiliate}"):
        sql = sql.replace(name, "null::uuid")
    return sql.replace("{t}", "t")
