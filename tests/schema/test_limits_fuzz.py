"""No document and no values can be used against the server, whoever writes them."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, Final

import asyncpg
import orjson
import pytest
from graphql import ExecutionResult
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import strategies as st
from structlog.testing import capture_logs

from db.pool import Database
from schema.documents import Unfit
from schema.limits import LIMITS
from schema.root import schema
from tests.conftest import a_database
from tests.factories import an_account, an_affiliate
from tests.loops import a_loop
from tests.schema import hostile
from tests.schema.conftest import Client, affiliate_client
from tests.schema.spending import MOST_BYTES, MOST_MS, cpu_ms, peak_bytes, read

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "150"))


def fuzz(examples: int, *phases: Phase) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=phases or [Phase.generate],
        print_blob=True,
    )


@fuzz(EXAMPLES, Phase.generate, Phase.target)
@given(hostile.documents())
def test_any_document_is_accepted_or_refused_within_50_ms(text: str) -> None:
    """Nothing but Unfit is raised on the way."""
    spent = cpu_ms(text)
    target(spent)
    assert spent < MOST_MS


@fuzz(EXAMPLES // 5)
@given(hostile.documents())
def test_any_document_is_accepted_or_refused_within_20_megabytes(text: str) -> None:
    assert peak_bytes(text) < MOST_BYTES


@fuzz(EXAMPLES // 3)
@given(hostile.documents())
def test_what_is_refused_is_told_in_no_more_words_than_it_has(text: str) -> None:
    for error in read(text):
        assert 0 < len(error["message"]) < LIMITS.characters + 1_000
        assert orjson.dumps(error)


Stand = tuple[asyncio.Runner, list[Client]]


@pytest.fixture(scope="module")
def stand(postgres_url: str, template: str) -> Iterator[Stand]:
    with a_loop() as (runner, stack):
        yield runner, runner.run(_stand(stack, postgres_url, template))


async def _stand(stack: AsyncExitStack, postgres_url: str, template: str) -> list[Client]:
    url = await stack.enter_async_context(a_database(postgres_url, template))
    db = await stack.enter_async_context(Database(url))
    owner = await asyncpg.connect(url)
    clients = [
        Client(db, await an_account(owner)),
        affiliate_client(db, await an_affiliate(owner)),
        Client(db, None),
    ]
    await owner.close()
    return clients


def test_any_values_get_an_answer_or_an_error_of_the_asker(stand: Stand) -> None:
    """Whatever JSON has, for every question and every change that takes values."""
    runner, clients = stand
    outcomes: Counter[str] = Counter()

    @fuzz(EXAMPLES * 2)
    @given(st.sampled_from(clients), hostile.filled_in())
    def ask(client: Client, asked: tuple[str, dict[str, Any]]) -> None:
        text, variables = asked
        with capture_logs() as logs:
            outcome = runner.run(_answer(client, text, variables))
        assert [line for line in logs if line["event"] == "graphql_fault"] == []
        outcomes[outcome] += 1

    ask()
    assert set(outcomes) == {"unfit", "errors", "answered"}, outcomes


def test_any_document_is_answered_or_refused(stand: Stand) -> None:
    runner, clients = stand

    @fuzz(EXAMPLES // 2)
    @given(st.sampled_from(clients), hostile.documents())
    def ask(client: Client, text: str) -> None:
        with capture_logs() as logs:
            runner.run(_answer(client, text, {}))
        assert [line for line in logs if line["event"] == "graphql_fault"] == []

    ask()


async def _answer(client: Client, text: str, variables: dict[str, Any]) -> str:
    """What came of it, written as it would be sent."""
    variables = orjson.loads(hostile.json_of(variables))
    try:
        document = schema.document(text)
        schema.cost(document, variables)
        result = await schema.answer(document, variables, client.context())
    except Unfit as unfit:
        orjson.dumps([error.formatted for error in unfit.errors])
        return "unfit"
    assert isinstance(result, ExecutionResult)
    errors = [error.formatted for error in result.errors or []]
    orjson.dumps({"data": result.data, "errors": errors})
    assert all(e.get("extensions", {}).get("code") != "INTERNAL" for e in errors), errors
    return "errors" if errors else "answered"
