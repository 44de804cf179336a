"""The compiled path and a slow, plain one give the same answers, over the whole schema.

hypothesis-graphql makes the documents (`tests/access/questions.py`), `any_document.py` puts them as
clients write them, `slowly/` answers them by other means.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final
from zlib import crc32

import asyncpg
import pytest
from graphql import DocumentNode, parse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.pool import Database
from domain.access import Room
from domain.ids import encode
from tests.access.questions import Values, by_prefix, questions
from tests.conftest import a_database
from tests.loops import a_loop
from tests.schema.a_full_house import a_full_house
from tests.schema.any_document import twisted
from tests.schema.both_ways import Asker, askers
from tests.schema.slowly.reach import MODEL
from tests.schema.slowly.smallest import smallest

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "300"))
WHO: Final = {
    Room.ACCOUNT: ("owner", "owner", "owner of another", "owner of another", "owner", "viewer",
                   "owner of nothing"),
    Room.AFFILIATE: ("affiliate", "other affiliate"),
    Room.OPERATOR: ("operator",),
}  # fmt: skip
"""Who asks, the more often the more they see."""
ROOMS: Final = (Room.ACCOUNT,) * 5 + (Room.AFFILIATE,) * 3 + (Room.OPERATOR,)
FULLEST: Final = {
    Room.ACCOUNT: "owner", Room.AFFILIATE: "affiliate", Room.OPERATOR: "operator",
}  # fmt: skip
"""Whose questions everybody in the room asks."""
WORDINGS: Final = 2
"""Of each document that hypothesis-graphql makes, which takes longer than all the rest."""
TEXTS: Final = ("", "a", "Fern", "store", "Affiliate", "%", "_", "Kettle 100%", "KETTLE", "partner")
WITH_VALUES: Final = 5
"""An answer with so many values of rows says something."""


@pytest.fixture(scope="module")
def house(postgres_url: str, template: str) -> Iterator[dict[str, Asker]]:
    """Who asks, by name."""
    with a_loop() as (runner, stack):
        yield runner.run(_house(stack, runner, postgres_url, template))


async def _house(
    stack: AsyncExitStack, runner: asyncio.Runner, postgres_url: str, template: str
) -> dict[str, Asker]:
    url = await stack.enter_async_context(a_database(postgres_url, template))
    owner = await asyncpg.connect(url)
    async with Database(url) as db:
        seats = await a_full_house(db, owner)
    await owner.execute("ANALYZE")
    ids = [
        encode(prefix, row["id"])
        for prefix, type_ in MODEL.by_prefix.items()
        for row in await owner.fetch(f"SELECT id FROM {type_.rows.name} ORDER BY id")
    ]
    await owner.close()
    return await askers(stack, runner, url, seats, by_prefix(ids))


@pytest.mark.timeout(300 + EXAMPLES)
def test_any_document_is_answered_as_the_slow_path_answers_it(house: dict[str, Asker]) -> None:
    asked = {
        room: questions(house[fullest].sight, Values(house[fullest].ids, list(TEXTS), {}))
        for room, fullest in FULLEST.items()
    }
    counts: Counter[str] = Counter()
    documents: set[str] = set()

    @settings(
        max_examples=EXAMPLES // WORDINGS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        print_blob=True,
    )
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        room, seed = data.draw(st.sampled_from(ROOMS)), data.draw(st.integers(0, 2**32))
        question = data.draw(asked[room])
        for number in range(WORDINGS):
            wording = crc32(f"{seed} {number} {question}".encode())
            who = WHO[room][wording % len(WHO[room])]
            asker = house[who]
            document, variables = twisted(question, wording, asker)
            # With every switch the other way it is another question, of the same text.
            turned = {n: not v if isinstance(v, bool) else v for n, v in variables.items()}
            tree = parse(document)

            difference = partial(_difference, asker, (turned, variables))
            if difference(tree):
                document = smallest(document, lambda rest: difference(rest) is not None)  # noqa: B023
                pytest.fail(f"{who} asks {document}\n{variables}\n{difference(parse(document))}")
            documents.add(document)
            counts[who] += 1
            counts["refused" if asker.refusals(tree, variables) else "compared"] += 1
            counts["with values"] += asker.found >= WITH_VALUES

    compare()
    assert counts["compared"] >= EXAMPLES * 0.7, counts
    assert counts["with values"] >= EXAMPLES * 0.3, counts
    assert len(documents) >= EXAMPLES * 0.6, "most of them are the same"
    assert set(house) <= set(counts), counts


def _difference(asker: Asker, both: Sequence[dict[str, Any]], tree: DocumentNode) -> str | None:
    found = (asker.difference(tree, variables) for variables in both)
    return next(filter(None, found), None)
