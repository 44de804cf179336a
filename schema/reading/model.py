"""The declarations, bound to the built schema; a declaration that cannot work is refused here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import signature
from typing import cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from domain.access import Room
from schema.reading.declare import ONLY, READS, SPEC, TOLD, table_of
from schema.reading.errors import Misdeclared
from schema.reading.kinds import MINOR_UNITS, SCALARS, Kind, kind_of, listed
from schema.reading.specs import (
    Aggregate,
    Amount,
    ById,
    ByIds,
    Column,
    Computed,
    Condition,
    Embedded,
    Ident,
    Spec,
    Table,
    ToMany,
    ToOne,
    order_name,
)
from schema.reading.types import Connection, Money

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)
_VIEWER = ("account", "affiliate")


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field: what it is, and what the schema says about it."""

    owner: str
    name: str
    spec: Spec
    graphql: GraphQLField
    only: Room | None = None
    told: bool = False
    reads: int = 0

    @property
    def path(self) -> str:
        return f"{self.owner}.{self.name}"

    @property
    def type(self) -> GraphQLOutputType:
        return self.graphql.type

    @property
    def nullable(self) -> bool:
        return not is_non_null_type(self.graphql.type)

    @property
    def is_list(self) -> bool:
        return is_list_type(get_nullable_type(self.graphql.type))

    @property
    def target(self) -> str:
        return get_named_type(self.graphql.type).name

    @property
    def needs_no_row(self) -> bool:
        """Whether graphql-core may come to this field by itself, as it does to a root field."""
        match self.spec:
            case ToOne(on) | ToMany(on):
                return "{p}" not in (on or "")
            case ById() | ByIds():
                return True
        return False

    @property
    def kind(self) -> Kind:
        """Of a leaf; KeyError when the scalar is not known."""
        leaf = cast(GraphQLScalarType | GraphQLEnumType, get_named_type(self.graphql.type))
        kind = kind_of(leaf)
        if kind is None:
            known = ", ".join(SCALARS)
            raise Misdeclared(f"{self.path}: scalar {leaf.name} is not known; known are {known}")
        return listed(kind) if self.is_list else kind


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by before its primary key: an SQL place, or the key alone."""

    sql: str
    kind: Kind
    descending: bool
    only: Room | None = None


@dataclass(slots=True)
class Type:
    """An object type whose fields are declared."""

    name: str
    table: Table | None
    fields: dict[str, Field] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)
    orders: dict[str, Order | None] = field(default_factory=dict)

    @property
    def rows(self) -> Table:
        assert self.table is not None
        return self.table


@dataclass(frozen=True, slots=True)
class Model:
    """All declared types by name, which of them page which, and the kinds of ids."""

    types: dict[str, Type]
    row_of_page: dict[str, str]
    by_prefix: dict[str, Type]

    def edge(self, owner: str, python_name: str) -> Field:
        """The field of a type by the name in its class."""
        fields = self.types[owner].fields.values()
        return next(f for f in fields if python_name_of(f) == python_name)


def bind(schema: GraphQLSchema) -> Model:
    """Reads the declarations out of the schema. Raises Misdeclared with every fault found."""
    model = Model({}, {}, {})
    for graphql in schema.type_map.values():
        if isinstance(graphql, GraphQLObjectType) and (definition := _definition(graphql)):
            type_ = Type(graphql.name, table_of(definition.origin))
            type_.fields.update((f.name, f) for f in _declared(graphql))
            if issubclass(definition.origin, Connection):
                model.row_of_page[graphql.name] = get_named_type(graphql.fields["nodes"].type).name
            if type_.table or type_.fields:
                model.types[graphql.name] = type_
    faults = [fault for type_ in model.types.values() for fault in _settle(model, type_, schema)]
    faults += [fault for type_ in model.types.values() for fault in _unknown_prefixes(model, type_)]
    if faults:
        raise Misdeclared(*faults)
    return model


def _definition(graphql: GraphQLObjectType) -> StrawberryObjectDefinition | None:
    found = graphql.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return found if isinstance(found, StrawberryObjectDefinition) else None


def _declared(graphql: GraphQLObjectType) -> Iterator[Field]:
    for name, field_ in graphql.fields.items():
        declared = field_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if isinstance(declared, StrawberryField) and SPEC in declared.metadata:
            only = declared.metadata.get(ONLY)
            told = declared.metadata.get(TOLD, False)
            reads = declared.metadata.get(READS, 0)
            yield Field(graphql.name, name, declared.metadata[SPEC], field_, only, told, reads)


def _settle(model: Model, type_: Type, schema: GraphQLSchema) -> Iterator[str]:
    """Completes one type, and tells what is wrong with it."""
    if type_.table:
        yield from _settle_table(model, type_, type_.table, schema)
        for name in cast(GraphQLObjectType, schema.type_map[type_.name]).fields:
            if name not in type_.fields:
                yield f"{type_.name}.{name}: says not where it lives; declare it, e.g. by column()"
    has_row = type_.table is not None or type_.name in _parts(model)
    for field_ in type_.fields.values():
        if has_row and isinstance(field_.spec, (ById, ByIds)):
            yield f"{field_.path}: by_id() and by_ids() belong to the Query"
        elif not has_row and not field_.needs_no_row:
            yield f"{field_.path}: needs a row, but {type_.name} has no @table"
        else:
            yield from _faults(model, type_, field_)


def _parts(model: Model) -> set[str]:
    """The types that are shown within a row, or of the rows of a list."""
    declared = (field_ for type_ in model.types.values() for field_ in type_.fields.values())
    shown = {f.target for f in declared if isinstance(f.spec, (Embedded, Aggregate))}
    return shown | set(model.row_of_page)


def _settle_table(model: Model, type_: Type, table: Table, schema: GraphQLSchema) -> Iterator[str]:
    if table.prefix:
        if other := model.by_prefix.get(table.prefix):
            yield f"{type_.name}: prefix {table.prefix} is already that of {other.name}"
        model.by_prefix[table.prefix] = type_
    type_.orders[""] = None
    by_python_name = {python_name_of(f): f for f in type_.fields.values()}
    for name, _ in table.order:
        ordered = by_python_name.get(name)
        place = ordered and _sortable(ordered)
        if not place:
            yield f"{type_.name}: order names {name}, which is no column() or money() of the type"
            continue
        for descending in (False, True):
            only = ordered.only if ordered else None
            type_.orders[order_name(name, descending)] = Order(*place, descending, only)
    if table.filter:
        filter_type = schema.type_map.get(table.filter.__strawberry_definition__.name)  # type: ignore[attr-defined]
        if isinstance(filter_type, GraphQLInputObjectType):
            for name, input_ in filter_type.fields.items():
                declared = input_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
                condition = declared.metadata.get(SPEC)
                if not isinstance(condition, Condition) or "{v}" not in condition.sql:
                    yield f"{filter_type.name}.{name}: has no condition with {{v}}; see where()"
                elif is_non_null_type(input_.type):
                    yield f"{filter_type.name}.{name}: must be nullable, since nobody has to narrow"
                else:
                    type_.conditions[name] = condition
                    yield from _unknown_placeholders(
                        f"{filter_type.name}.{name}", condition.sql, "t", "v", *_VIEWER
                    )


def _unknown_prefixes(model: Model, type_: Type) -> Iterator[str]:
    """Only when all types are settled is it known which there are."""
    for name, condition in type_.conditions.items():
        if condition.prefix and condition.prefix not in model.by_prefix:
            filter_name = type_.rows.filter.__strawberry_definition__.name  # type: ignore[union-attr]
            yield f"{filter_name}.{name}: prefix {condition.prefix} is that of no type"


def python_name_of(field_: Field) -> str:
    """As the class calls it; "" of a field that no class has."""
    declared = field_.graphql.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return cast(StrawberryField, declared).python_name if declared else ""


def _sortable(field_: Field) -> tuple[str, Kind] | None:
    match field_.spec:
        case Column(sql) if is_leaf_type(get_nullable_type(field_.type)):
            return column_sql(field_, sql), field_.kind
        case Amount(minor, _):
            return minor, MINOR_UNITS
    return None


def column_sql(field_: Field, sql: str | None) -> str:
    return sql or f"{{t}}.{python_name_of(field_)}"


def _faults(model: Model, type_: Type, field_: Field) -> Iterator[str]:
    target = model.types.get(field_.target)
    has_rows = target is not None and target.table is not None
    at = field_.path
    if type_.table and not field_.reads and _looks_elsewhere(field_.spec):
        yield f"{at}: goes through other rows, so it says how many by reads="
    match field_.spec:
        case Ident():
            if not (type_.table and type_.table.prefix):
                yield f"{at}: has an id, so its @table needs a prefix"
        case Column(sql):
            yield from _unknown_placeholders(at, sql or "", "t", *_VIEWER)
            if not is_leaf_type(get_named_type(field_.type)):
                yield f"{at}: a column() is a leaf, but {field_.target} is not; see embedded()"
            else:
                try:
                    _ = field_.kind
                except Misdeclared as unknown:
                    yield from unknown.faults
        case Amount(minor, currency):
            yield from _unknown_placeholders(at, minor + currency, "t")
            if field_.target != Money.__strawberry_definition__.name:  # type: ignore[attr-defined]
                yield f"{at}: money() gives a Money, but the field is a {field_.target}"
        case ToOne(on, pick, via=via):
            yield from _unknown_placeholders(at, on or "", "t", "p", *_VIEWER)
            yield from _unknown_placeholders(at, pick or "", "t")
            if not has_rows or field_.is_list:
                yield f"{at}: to_one() leads to {field_.type}, which has no @table"
            elif on is None and type_.table:
                yield f"{at}: to_one() between tables needs a column or on="
            elif via and not any(python_name_of(f) == via for f in _edges(type_)):
                yield f"{at}: via={via} is no to_one() by a column of {type_.name}"
            elif target and not field_.nullable and _may_be_hidden(type_, field_.spec, target):
                yield f"{at}: must be nullable, since the {target.name} may not be visible"
        case ToMany(on):
            yield from _unknown_placeholders(at, on or "", "t", "p", *_VIEWER)
            row = model.types.get(model.row_of_page.get(field_.target, field_.target))
            paged = field_.target in model.row_of_page
            if row is None or row.table is None or paged == field_.is_list:
                yield f"{at}: to_many() is a Connection or a list of a type with @table"
            if on is None and type_.table:
                yield f"{at}: to_many() between tables needs a column or on="
        case Embedded(when):
            yield from _unknown_placeholders(at, when or "", "t", *_VIEWER)
            if target is None or has_rows or field_.is_list:
                yield f"{at}: embedded() is an object type with declared fields and no @table"
        case Aggregate(group_by, most):
            yield from _unknown_placeholders(at, " ".join((*group_by, most)), "t")
            if target is None or has_rows or field_.is_list != bool(group_by):
                yield f"{at}: aggregate() is one object, or with group_by= a list of them"
            elif bad := [f.path for f in target.fields.values() if not _summed(f)]:
                yield f"{at}: only column() and money() can be totals, not {', '.join(bad)}"
        case Computed(function, needs):
            yield from _unknown_placeholders(at, " ".join(needs), "t", *_VIEWER)
            if len(signature(function).parameters) != 1 + len(needs):
                yield f"{at}: its function takes the context and what it needs, {len(needs)} more"
            if not is_leaf_type(get_named_type(field_.type)):
                yield f"{at}: computed() gives a scalar or an enum, not {field_.target}"
        case ById() | ByIds():
            if is_object_type(get_named_type(field_.type)) and not has_rows:
                yield f"{at}: leads to {field_.target}, which has no @table"
            if isinstance(field_.spec, ById) and not field_.nullable:
                yield f"{at}: must be nullable, since there may be no such row"


def _edges(type_: Type) -> Iterator[Field]:
    for field_ in type_.fields.values():
        if isinstance(field_.spec, ToOne) and field_.spec.keyed and not field_.spec.via:
            yield field_


def _may_be_hidden(from_: Type, edge: ToOne, target: Type) -> bool:
    of_tenant = from_.table is not None and from_.table.tenant is not None
    return target.rows.visible is not None and not (of_tenant and edge.keyed)


def _looks_elsewhere(spec: Spec) -> bool:
    match spec:
        case Column(sql):
            places: tuple[str, ...] = (sql or "",)
        case Amount(minor, currency):
            places = (minor, currency)
        case Computed(_, needs):
            places = needs
        case _:
            return False
    return any(_SELECT.search(place) for place in places)


def _summed(field_: Field) -> bool:
    return isinstance(field_.spec, (Column, Amount))


def _unknown_placeholders(at: str, sql: str, *known: str) -> Iterator[str]:
    for name in _PLACEHOLDER.findall(sql):
        if name not in known:
            yield f"{at}: {{{name}}} means nothing here; known are {', '.join(known)}"
