"""Whoever asks is answered, byte for byte, as if there were nobody else.

`tests/access/two_worlds.py` says who asks, and what is theirs.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import orjson
import pytest
from graphql import (
    FieldNode,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_required_argument,
    parse,
    visit,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.pool import Database
from domain.access import SCOPES, Role, Room, Seat
from domain.ids import encode
from schema.reading import Sight
from schema.reading.specs import ById
from schema.root import schema
from tests.access import two_worlds
from tests.access.places import calls
from tests.access.questions import MODEL, Values, by_prefix, questions, roots, seen_from
from tests.access.two_worlds import Asked
from tests.conftest import a_database
from tests.loops import a_loop
from tests.schema.conftest import Client
from tests.schema.everything import whole

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "500"))
"""Documents a run; a night's run wants more."""
ROOTS_AT_LEAST = 20
TYPES_AT_LEAST = 55

WORDS = frozenset(
    word for type_ in schema._schema.type_map.values() for word in getattr(type_, "values", ())
)
"""What enums are made of, which says nothing of anybody."""


@dataclass
class Two:
    """Somebody who asks in both worlds, and what is not theirs."""

    full: Client
    alone: Client
    others: frozenset[str]
    """Ids, names, addresses, tokens that are there in the full world only."""

    @property
    def sight(self) -> Sight:
        seat = self.seat
        return Sight(seat.room, seat.scopes)

    @property
    def seat(self) -> Seat:
        viewer = self.full.viewer()
        assert viewer is not None
        assert viewer.seat is not None
        return viewer.seat

    async def ask(self, document: str) -> dict[str, Any]:
        full, alone = await self.full.answer(document), await self.alone.answer(document)
        assert orjson.dumps(full) == orjson.dumps(alone), document
        for text in strings(full):
            for other in self.others.intersection(pieces(text)):
                assert other in document, f"{other} of somebody else is in {text}"
        return full


@dataclass
class Worlds:
    askers: dict[str, Two]
    values: Values
    reached: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def worlds(postgres_url: str, template: str) -> Iterator[tuple[asyncio.Runner, Worlds]]:
    with a_loop() as (runner, stack):
        yield runner, runner.run(_worlds(stack, postgres_url, template))


@asynccontextmanager
async def _superuser(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _worlds(stack: AsyncExitStack, postgres_url: str, template: str) -> Worlds:
    full = await stack.enter_async_context(a_database(postgres_url, template))
    async with _superuser(full) as owner:
        account, affiliate = await two_worlds.both(owner)
        every = await two_worlds.texts(owner)
        ids = by_prefix(await _ids(owner))

    askers = {}
    name = urlsplit(full).path.removeprefix("/")
    # All of them first: nobody may be connected to what is cloned.
    clones = [await stack.enter_async_context(a_database(postgres_url, name)) for _ in range(3)]
    for who, leave, asked, seat in (
        ("owner", two_worlds.leave_to_account, account, _member(account, Role.OWNER)),
        ("viewer", two_worlds.leave_to_viewer, account, _member(account, Role.VIEWER)),
        ("affiliate", two_worlds.leave_to_affiliate, affiliate,
         Seat(Room.AFFILIATE, affiliate.room_id)),
    ):  # fmt: skip
        alone = clones.pop()
        async with _superuser(alone) as owner:
            await leave(owner, asked)
            left = await two_worlds.texts(owner)
        one, two = [
            Client(
                await stack.enter_async_context(Database(url)), None, seat=seat,
                person_id=asked.person_id,
            )
            for url in (full, alone)
        ]  # fmt: skip
        askers[who] = Two(one, two, frozenset(t for t in every - left - WORDS if len(t) > 5))
    cursors: dict[str, list[str]] = {}
    for asker in askers.values():
        for order, found in (await _cursors(asker)).items():
            cursors.setdefault(order, []).extend(found)
    texts = sorted(every | {"", "Acme", "%", "_"})
    return Worlds(askers, Values(ids, texts, cursors))


def _member(asked: Asked, role: Role) -> Seat:
    return Seat(Room.ACCOUNT, asked.room_id, SCOPES[role], role)


async def _ids(owner: asyncpg.Connection) -> list[str]:
    """Every id of every kind, and of each kind one of nothing."""
    found = []
    for type_ in schema.reading.model.types.values():
        if type_.table and type_.table.prefix:
            key = "account_id" if type_.name == "Account" else "id"
            try:
                uuids = await owner.fetch(f"SELECT {key} AS id FROM {type_.table.name}")
            except asyncpg.UndefinedColumnError:
                uuids = await owner.fetch(f"SELECT id FROM {type_.table.name}")
            found += [encode(type_.table.prefix, row["id"]) for row in uuids]
            found += [encode(type_.table.prefix, uuid4())]
    return found


async def _cursors(two: Two) -> dict[str, list[str]]:
    """Of the first rows of each list, in each order."""
    found: dict[str, list[str]] = {}
    query = schema._schema.query_type
    assert query is not None
    for name in roots(two.sight):
        argument = query.fields[name].args.get("orderBy")
        if argument is None:
            continue
        for order in get_named_type(argument.type).values:
            page = f"{{ {name}(first: 5, orderBy: {order}) {{ edges {{ cursor }} }} }}"
            answer = await two.full.answer(page)
            edges = ((answer["data"] or {}).get(name) or {"edges": []})["edges"]
            found.setdefault(order, []).extend(edge["cursor"] for edge in edges)
    return found


def test_any_document_is_answered_as_if_there_were_nobody_else(
    worlds: tuple[asyncio.Runner, Worlds],
) -> None:
    runner, world = worlds
    asked = {who: questions(two.sight, world.values) for who, two in world.askers.items()}
    refused = answered = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        print_blob=True,
    )
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        nonlocal refused, answered
        who = data.draw(st.sampled_from(sorted(asked)))
        document = data.draw(asked[who])
        answer = runner.run(world.askers[who].ask(document))
        refused += not has_rows(answer["data"])
        answered += has_rows(answer["data"])
        world.reached.update(reached(document, answer["data"]))

    compare()
    roots_ = {name for name in world.reached if name.startswith("Query.")}
    types = {name.partition(".")[0] for name in world.reached}
    found = f"{answered} with rows, {refused} without; {len(roots_)} questions, {len(types)} types"
    assert answered > EXAMPLES / 5, found
    assert len(roots_) >= ROOTS_AT_LEAST, found
    assert len(types) >= TYPES_AT_LEAST, found


def test_every_list_and_every_row_is_answered_as_if_there_were_nobody_else(
    worlds: tuple[asyncio.Runner, Worlds],
) -> None:
    runner, world = worlds
    for who, two in world.askers.items():
        seen = seen_from(two.sight)
        assert seen.query_type is not None
        for name, question in seen.query_type.fields.items():
            if not any(is_required_argument(arg) for arg in question.args.values()):
                alone = GraphQLObjectType("Query", {name: question})
                runner.run(two.ask(f"{{ {whole(alone, 3)} }}"))
        there = 0
        for prefix, ids in world.values.ids.items():
            row = seen.type_map.get(MODEL.by_prefix[prefix].name)
            selection = whole(row, 1) if isinstance(row, GraphQLObjectType) else "__typename"
            name, asked = MODEL.by_prefix[prefix].name, ", ".join(f'"{id}"' for id in ids[:100])
            document = f"{{ nodes(ids: [{asked}]) {{ ... on {name} {{ {selection} }} }} }}"
            answer = runner.run(two.ask(document))
            there += sum(node is not None for node in (answer["data"] or {"nodes": []})["nodes"])
        assert there > 20, f"{who} has little to lose in these worlds"


def test_anothers_id_is_as_one_that_was_never_given(
    worlds: tuple[asyncio.Runner, Worlds],
) -> None:
    """In the same words, for every kind of row and every question by id."""
    runner, world = worlds
    for two in world.askers.values():
        for prefix, ids in world.values.ids.items():
            nobodys = encode(prefix, uuid4())
            theirs = [id for id in ids if id.partition("_")[2] in two.others]
            for id in theirs[:: max(1, len(theirs) // 3)]:
                for question in ("node", *by_id_roots()):
                    document = f'{{ {question}(id: "ID") {{ __typename }} }}'
                    of_another = runner.run(two.ask(document.replace("ID", id)))
                    of_nobody = runner.run(two.ask(document.replace("ID", nobodys)))
                    assert told(of_another, id) == told(of_nobody, nobodys), (question, id)


def test_nothing_can_be_done_with_anothers_id_and_it_is_refused_as_one_never_given(
    worlds: tuple[asyncio.Runner, Worlds],
) -> None:
    """Every mutation in which an id can stand, in every place where it can."""
    runner, world = worlds
    not_found = set[str]()
    for two in world.askers.values():
        for name, place, document in calls():
            wrong = runner.run(two.ask(document.replace("ID", "none_" + "0" * 32)))
            prefix = prefix_wanted(wrong)
            theirs = [
                id for id in world.values.ids.get(prefix, []) if id.partition("_")[2] in two.others
            ]
            for id in theirs[:: max(1, len(theirs) // 2)]:
                nobodys = encode(prefix, uuid4())
                of_another = runner.run(two.ask(document.replace("ID", id)))
                of_nobody = runner.run(two.ask(document.replace("ID", nobodys)))
                assert told(of_another, id) == told(of_nobody, nobodys), (name, place, id)
                if "NotFound" in set(strings(of_another)):
                    not_found.add(name)
    assert len(not_found) > 30


def by_id_roots() -> list[str]:
    return [
        name for name, field in MODEL.types["Query"].fields.items() if isinstance(field.spec, ById)
    ]


def told(answer: dict[str, Any], id: str) -> str:
    return json.dumps(answer).replace(id, "ID")


def prefix_wanted(answer: dict[str, Any]) -> str:
    """The kind of id that a WrongId asks for; "" when something else was refused."""
    found = re.search(r"It is written ([a-z]+)_ and", json.dumps(answer))
    return found[1] if found else ""


def has_rows(value: object) -> bool:
    """Whether there is anything in it besides counts of nothing."""
    if isinstance(value, dict):
        inner = [v for key, v in value.items() if key not in ("totalCount", "emptyBecause")]
        return any(has_rows(each) for each in inner)
    if isinstance(value, list):
        return any(has_rows(each) for each in value)
    return value not in (None, False)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def pieces(text: str) -> set[str]:
    """The text, and what in it may be an id."""
    return {text, *(word.rpartition("_")[2] for word in text.replace('"', " ").split())}


def reached(document: str, data: object) -> Iterator[str]:
    """Type.field of what was answered with something."""
    info = TypeInfo(schema._schema)
    nodes: list[str] = []

    class Note(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = info.get_parent_type()
            if parent is not None:
                nodes.append(f"{parent.name}.{node.name.value}")

    visit(parse(document), TypeInfoVisitor(info, Note()))
    yield from nodes if data else ()
