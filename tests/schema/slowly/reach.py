"""Which rows are there for whom: the declared rules, compared row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from domain.access import Room
from schema.reading import Sight
from schema.reading.model import Field, Type
from schema.root import schema
from tests.schema.slowly.rows import Rows

MODEL: Final = schema.reading.model


@dataclass(frozen=True)
class Row:
    """A row of a declared type."""

    type: str
    key: str

    @property
    def of(self) -> Type:
        return MODEL.types[self.type]

    @property
    def table(self) -> str:
        return self.of.rows.name


@dataclass
class Reach:
    """What one viewer reaches."""

    rows: Rows
    sight: Sight
    room_id: UUID | None

    def value(self, row: Row, place: str) -> Any:
        return self.rows.values(row.table, place)[row.key]

    def sees(self, row: Row) -> bool:
        return row.key in self.visible(row.of)

    def root(self, edge: Field) -> set[Row]:
        """The rows that a question of the Query leads to."""
        target = target_of(edge)
        condition = on(edge)
        found = self.rows.those(target.rows.name, condition or "true")
        return {Row(target.name, key) for key in found & self.visible(target)}

    def below(self, edge: Field, row: Row) -> set[Row]:
        """The rows that an edge leads to from a row."""
        target = target_of(edge)
        condition = on(edge)
        if "{p}" in condition:
            pairs = self.rows.below(row.table, target.rows.name, condition)
            found = frozenset(pairs.get(row.key, ()))
        else:
            found = self.rows.those(target.rows.name, condition)
        tenants = target.rows.tenant, row.of.rows.tenant
        if not self._is_proof(edge, row):
            found &= self.visible(target)
        if tenants[0] and tenants[1]:
            of = self.value(row, "{t}." + tenants[1])
            owners = self.rows.values(target.rows.name, "{t}." + tenants[0])
            found = frozenset(key for key in found if owners[key] == of)
        return {Row(target.name, key) for key in found}

    def _is_proof(self, edge: Field, row: Row) -> bool:
        """An account's own row that holds the id of a row of the network."""
        target = target_of(edge).rows
        own = self.sight.room is Room.ACCOUNT and row.of.rows.tenant is not None
        return own and target.tenant is None and getattr(edge.spec, "keyed", False)

    def visible(self, type_: Type) -> frozenset[str]:
        table = type_.rows
        match self.sight.room:
            case Room.ACCOUNT if table.tenant is not None:
                owners = self.rows.values(table.name, "{t}." + table.tenant)
                return frozenset(key for key, owner in owners.items() if owner == self.room_id)
            case Room.ACCOUNT:
                condition = table.visible
            case Room.AFFILIATE:
                condition = table.affiliate
            case Room.OPERATOR:
                condition = "" if table.operator else None
        assert condition is not None, f"{type_.name} is out of sight"
        return self.rows.those(table.name, condition or "true")


def target_of(edge: Field) -> Type:
    """The type of the rows that an edge leads to, on a page or alone."""
    return MODEL.types[MODEL.row_of_page.get(edge.target, edge.target)]


def on(edge: Field) -> str:
    condition: str | None = getattr(edge.spec, "on", None)
    return condition or ""
