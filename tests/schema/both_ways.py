"""Whoever asks, asks the product and the slow path, and hears what they say differently.

Each way is taken twice: through the room's own door, behind which row-level security stands, and as
the owner of the tables, whom no policy holds back, so that a condition shows that the compiler
forgot.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    print_ast,
)

from db.pool import AFFILIATE_ROLE, APP_ROLE, SYSTEM_ROLE, Database, Tx
from domain.access import Room, Seat
from domain.ids import encode
from schema.reading import Sight, plain
from schema.reading.model import Type
from schema.root import schema
from tests.factories import NOW
from tests.schema.conftest import Client
from tests.schema.everything import in_sight
from tests.schema.slowly.answers import Slow
from tests.schema.slowly.pages import cursor, filter_of
from tests.schema.slowly.reach import MODEL, Reach, Row
from tests.schema.slowly.refusals import Refusals
from tests.schema.slowly.rows import Rows

ROLES: Final = {
    Room.ACCOUNT: APP_ROLE, Room.AFFILIATE: AFFILIATE_ROLE, Room.OPERATOR: SYSTEM_ROLE,
}  # fmt: skip


class Open(Database):
    """The same doors, every one of them the owner's of the tables: no policy stands behind."""

    async def __aenter__(self) -> Open:
        self._owner = await asyncpg.connect(self._url)
        self._free = asyncio.Lock()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._owner.close()

    @asynccontextmanager
    async def account(self, account_id: UUID) -> AsyncIterator[Tx]:
        async with self._free:
            await _stand_in(self._owner, Room.ACCOUNT, account_id)
            yield self._owner

    @asynccontextmanager
    async def affiliate(self, affiliate_id: UUID) -> AsyncIterator[Tx]:
        async with self._free:
            await _stand_in(self._owner, Room.AFFILIATE, affiliate_id)
            yield self._owner

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Tx]:
        async with self._free:
            yield self._owner


@dataclass
class Asker:
    """Somebody who asks. `product` and `slow` are taken side by side: guarded, then open."""

    sight: Sight
    ids: Mapping[str, list[str]]
    """Of everybody, by prefix."""
    runner: asyncio.Runner
    product: list[Client] = field(default_factory=list)
    slow: list[Slow] = field(default_factory=list)
    _cursors: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def difference(self, tree: DocumentNode, variables: dict[str, Any]) -> str | None:
        """What the two ways say differently; None when they agree, of refusals too."""
        document, refused = schema.document(print_ast(tree)), self.refusals(tree, variables)
        for product, slow in zip(self.product, self.slow, strict=True):
            result = self.runner.run(schema.answer(document, variables, product.context()))
            codes = {e.path[0]: (e.extensions or {})["code"] for e in result.errors or () if e.path}
            if len(codes) < len(result.errors or ()) or bool(codes) != bool(refused):
                return f"refuses {result.errors}, and not {refused}"
            if any(code not in refused.get(str(root), ()) for root, code in codes.items()):
                return f"refuses {codes}, and not {refused}"
            found, expected = plain(result.data), slow.answer(tree, variables, refused)
            if orjson.dumps(found) != orjson.dumps(expected):
                return f"{found}\nand not\n{expected}"
        return None

    def refusals(self, tree: DocumentNode, variables: dict[str, Any]) -> dict[str, set[str]]:
        """The codes of what may not be asked from here, by the question's response key."""
        return Refusals(tree, variables, self.sight).by_root()

    @property
    def found(self) -> int:
        """How many values of rows were in the last answer."""
        return self.slow[-1].found

    def cursor(self, page: str, order: str, draw: random.Random) -> str | None:
        """Of any row of such pages that they see."""
        if (page, order) not in self._cursors:
            reach, target = self.slow[0].reach, MODEL.types[MODEL.row_of_page[page]]
            declared = target.orders[order]
            theirs = declared is None or declared.only in (None, self.sight.room)
            rows = [Row(target.name, key) for key in self._keys(target) if theirs]
            self._cursors[page, order] = [cursor(reach, target, order, row) for row in rows]
        return draw.choice(self._cursors[page, order] or [None])

    def id(self, prefixes: Sequence[str], draw: random.Random) -> str:
        """One of theirs, mostly."""
        seen = [prefix for prefix in prefixes if self._keys(MODEL.by_prefix[prefix])]
        if seen and draw.random() < 0.9:
            prefix = draw.choice(seen)
            return encode(prefix, UUID(draw.choice(self._keys(MODEL.by_prefix[prefix]))))
        return draw.choice(self.ids[draw.choice(prefixes)])

    def value(self, page: str, condition: str, draw: random.Random) -> str | None:
        """One that some row of theirs has."""
        target = MODEL.types[MODEL.row_of_page[page]]
        declared = target.conditions[condition]
        type_ = filter_of(target).fields[condition].type
        named, many = get_named_type(type_), is_list_type(get_nullable_type(type_))
        column = re.search(r"\{t\}\.\w+", declared.sql)
        if declared.prefix:
            text = json.dumps(self.id([declared.prefix], draw))
        elif isinstance(named, GraphQLEnumType):
            text = draw.choice(sorted(named.values))
        elif named.name == "Boolean":
            text = draw.choice(["true", "false"])
        else:
            assert column is not None
            values = self.slow[-1].reach.rows.values(target.rows.name, column[0])
            known = [v for key in self._keys(target) if (v := values[key]) not in (None, [])]
            if not known:
                return None
            text = _literal(named.name, draw.choice(known), draw)
        return f"[{text}]" if many else text

    def sees(self, type_: str, field: str) -> bool:
        return in_sight(type_, field, self.sight)

    def _keys(self, target: Type) -> list[str]:
        """Of all rows of a type that they see."""
        return sorted(self.slow[0].reach.visible(target)) if self.sight.sees(target) else []


def _literal(type_: str, value: Any, draw: random.Random) -> str:
    """As a client would write what a row has; of a text a part of it, now and then."""
    match value:
        case list():
            value = draw.choice(value)
        case datetime():
            value = value.isoformat()
        case int() if type_ == "Decimal":
            value = value / 100
    text = str(value)
    if type_ == "String" and draw.random() < 0.5:
        text = text[: draw.randrange(1, 6)]
    return json.dumps(text, ensure_ascii=False)


async def askers(
    stack: AsyncExitStack, runner: asyncio.Runner, url: str, seats: Mapping[str, Seat],
    ids: Mapping[str, list[str]],
) -> dict[str, Asker]:  # fmt: skip
    """Those who take the seats, in a database that nobody changes any more."""
    doors = (
        await stack.enter_async_context(Database(url)),
        await stack.enter_async_context(Open(url)),
    )
    found = {}
    for name, seat in seats.items():
        asker = Asker(Sight(seat.room, seat.scopes), ids, runner)
        for door, role in zip(doors, (ROLES[seat.room], None), strict=True):
            client = Client(door, None, seat=seat)
            rows = await _rows(stack, runner, url, seat, role)
            asker.product.append(client)
            asker.slow.append(Slow(Reach(rows, asker.sight, seat.room_id), client.context()))
        found[name] = asker
    return found


async def _rows(
    stack: AsyncExitStack, runner: asyncio.Runner, url: str, seat: Seat, role: str | None
) -> Rows:
    settings = {"timezone": "UTC", "jit": "off", "app.now": NOW.isoformat()}
    connection = await asyncpg.connect(
        url, server_settings=settings | ({"role": role} if role else {})
    )
    stack.push_async_callback(connection.close)
    viewer = {}
    if seat.room_id is not None:
        viewer = {seat.room.lower(): str(seat.room_id)}
        await _stand_in(connection, seat.room, seat.room_id)
    return Rows(lambda sql: runner.run(connection.fetch(sql)), viewer)


async def _stand_in(connection: asyncpg.Connection, room: Room, id: UUID) -> None:
    """From which room it is looked, which some views ask."""
    await connection.execute("SELECT set_config($1, $2, false)", f"app.{room.lower()}_id", str(id))
