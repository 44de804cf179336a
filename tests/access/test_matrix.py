"""Who may ask for what: each cell of `matrix.csv`, over HTTP, in a world that has it all."""

from __future__ import annotations

import pytest

from domain.ids import encode
from tests.access import matrix
from tests.access.asking import ask, outcome
from tests.access.calls import CALLS, LEARNED
from tests.access.conftest import Stand
from tests.access.documents import MODEL, Question, Row, act, nowhere, questions, rows
from tests.access.world import ASKERS, HEX, OPERATOR, Asker, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
MATRIX = matrix.read()
AUDIT = {"audit_entry", "audit_head", "network_audit_entry"}
ROWS = [row for row in rows() if row in MATRIX]


async def test_the_matrix_has_a_row_for_everything_and_no_other() -> None:
    """`python -m tests.access` prints the rows that are missing."""
    assert list(MATRIX) == rows()
    assert {cell for cells in MATRIX.values() for cell in cells.values()} == matrix.CELLS
    assert all(tuple(cells) == ASKERS for cells in MATRIX.values())


async def test_every_mutation_is_called() -> None:
    assert {row.name for row in rows() if row.kind == "mutation"} == set(CALLS)


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind != "mutation"], ids=str)
async def test_who_may_read(row: Row, stand: Stand) -> None:
    """`allow`: something of the world. `empty`: as if it were nowhere. `deny`: an error says so."""
    faults = []
    for name, cell in MATRIX[row].items():
        asker = stand.world.askers[name]
        for question in questions(row, stand.world, asker.sight):
            faults += await _faults(row, asker, question, cell, stand)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind == "mutation"], ids=str)
async def test_who_may_change(row: Row, stand: Stand) -> None:
    """The same; `allow` is a success, and nobody else's rows are touched by it."""
    faults = []
    for name, cell in MATRIX[row].items():
        asker = stand.world.askers[name]
        question = act(row.name, asker.sight), CALLS[row.name](stand.world, asker)
        faults += await _faults(row, asker, question, cell, stand)
        if cell == "allow":
            touched = await stand.of_others(*_concerned(asker, stand.world))
            faults += [f"{name}: changed {table}" for table in touched]
            await stand.changed()
        elif cell == "empty" and "Outcomes" in question[0]:
            # Of a batch in which nothing could be done, its caller's own audit tells.
            faults += [f"{name}: changed {table}" for table in await stand.changed() - AUDIT]
    faults += [f"changed {table} by who may not" for table in await stand.changed()]
    assert not faults, "\n".join(faults)


async def test_no_id_leads_anybody_to_what_is_not_theirs(stand: Stand) -> None:
    """Every row of the world that has an id, asked for by everybody."""
    tables = {prefix: type_.rows.name for prefix, type_ in MODEL.by_prefix.items()}
    ids = [
        encode(prefix, row["id"])
        for prefix, table in tables.items()
        for row in await stand.owner.fetch(f"SELECT id FROM {table}")
    ]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    led = set()
    for asker in stand.world.askers.values():
        if asker.sight is None:
            continue
        for start in range(0, len(ids), 100):
            answer = await ask(stand.app, asker, (document, {"ids": ids[start : start + 100]}))
            led |= {(asker.name, row["id"]) for row in answer.json()["data"]["nodes"] if row}
    readers = {id: stand.world.ids.get(id.partition("_")[2], OPERATOR) for _, id in led}

    assert {id.partition("_")[0] for _, id in led} == set(tables)
    assert [(name, id) for name, id in sorted(led) if name not in readers[id]] == []


def _concerned(asker: Asker, world: World) -> set[object]:
    """Whose rows a mutation may change: the calls are about Fern and about who asks."""
    if asker.name == "anonymous":
        return set()
    fern, birch = world.accounts
    return {birch if asker.name == "other_owner" else fern, asker.affiliate_id}


async def _faults(row: Row, asker: Asker, question: Question, cell: str, stand: Stand) -> list[str]:
    """How the answer is another than the cell says, and what it should not have told."""
    response = await ask(stand.app, asker, question)
    found = outcome(row, response)
    faults = [] if found == cell else [f"{asker.name}: {found}, not {cell}"]
    given = f"{question[1]}"
    learn = LEARNED.get((row.name, asker.name))
    learned = learn(stand.world) if learn else set()
    for leak in set(stand.world.leaks(asker.name, given, response.text)) - learned:
        faults.append(f"{asker.name}: was told {leak}")
    ids = HEX.findall(given)
    if cell == "empty" and not any(asker.name in stand.world.ids.get(id, ()) for id in ids):
        # What another has is refused as what nobody has, word for word.
        variables, others = nowhere(question[1])
        same = (await ask(stand.app, asker, (question[0], variables))).text
        for id, other in others.items():
            same = same.replace(other, id)
        if same != response.text:
            faults.append(f"{asker.name}: {response.text} and for nobody's id {same}")
    return faults
