"""The table that is checked in: who may ask for what."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from domain.access import SCOPES, Role, Room, Scope
from schema.acting import RULE
from tests.access.documents import GRAPHQL, MODEL, Row
from tests.access.world import ASKERS

PATH: Final = Path(__file__).with_name("matrix.csv")
CELLS: Final = {"allow", "empty", "deny"}


def read() -> dict[Row, dict[str, str]]:
    """Each row with its cells by asker."""
    with PATH.open(newline="") as file:
        return {Row(line.pop("kind"), line.pop("name")): line for line in csv.DictReader(file)}


def header() -> str:
    return ",".join(("kind", "name", *ASKERS))


def suggested(row: Row) -> str:
    """A line to begin with, from what the schema declares. Its cells want to be thought about."""
    cells = _of_mutation(row.name) if row.kind == "mutation" else _of_reading(row)
    return ",".join((row.kind, row.name, *(cells[asker] for asker in ASKERS)))


_SCOPES: Final = {
    "viewer": SCOPES[Role.VIEWER], "finance": SCOPES[Role.FINANCE],
    "manager": SCOPES[Role.MANAGER], "owner": SCOPES[Role.OWNER],
    "other_owner": SCOPES[Role.OWNER], "read_only_key": frozenset({Scope.READ}),
}  # fmt: skip


def _of_mutation(name: str) -> dict[str, str]:
    assert GRAPHQL.mutation_type is not None
    field = GRAPHQL.mutation_type.fields[name]
    rule = field.extensions["strawberry-definition"].metadata[RULE]
    cells = dict.fromkeys(ASKERS, "deny")
    if rule.anyone or rule.person:
        cells |= dict.fromkeys(ASKERS, "allow") | {"revoked_key": "deny"}
        if rule.person:
            cells |= {"anonymous": "deny", "read_only_key": "deny"}
    if Room.ACCOUNT in rule.rooms:
        may = {asker for asker, scopes in _SCOPES.items() if rule.needs in scopes}
        cells |= dict.fromkeys(may, "allow") | {"other_owner": "empty"}
    if Room.AFFILIATE in rule.rooms:
        cells |= {"affiliate_own": "allow", "affiliate_other": "empty"}
    if Room.OPERATOR in rule.rooms:
        cells["operator"] = "allow"
    return cells


def _of_reading(row: Row) -> dict[str, str]:
    cells = dict.fromkeys(ASKERS, "allow") | {"anonymous": "deny", "revoked_key": "deny"}
    nothing = "deny" if row.kind in ("query", "filter", "needs") else "empty"
    owner, _, name = row.name.partition(".")
    type_ = MODEL.types.get(owner)
    if row.kind == "only" and type_ is not None:
        room = type_.fields[name].only
        if room is Room.ACCOUNT:
            return cells | {"affiliate_own": "deny", "affiliate_other": "deny",
                            "other_owner": "empty", "operator": "empty"}  # fmt: skip
        nobody_elses = {"affiliate_own": "allow", "affiliate_other": "empty", "operator": "empty"}
        return dict.fromkeys(ASKERS, "deny") | nobody_elses
    if row.kind == "needs" and type_ is not None:
        short = {asker for asker, scopes in _SCOPES.items() if type_.rows.needs not in scopes}
        cells |= dict.fromkeys(short, "deny")
    if row.kind == "node":
        cells |= {"other_owner": "empty"}
    return cells | {"affiliate_own": nothing, "affiliate_other": nothing, "operator": nothing}
