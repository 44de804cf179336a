"""What is too large or takes too long is given up, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import orjson
from starlette.applications import Starlette

from api.questions import BODY_MAX
from tests.api.browsers import TYPED, ask, code

Message = dict[str, Any]


async def raw(
    app: Starlette, receive: Callable[[], Awaitable[Message]], **headers: str
) -> list[Message]:
    """What the application sends to a request whose body comes by `receive`."""
    sent: list[Message] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
        "query_string": b"", "root_path": "", "scheme": "https", "http_version": "1.1",
        "headers": [(k.encode(), v.encode()) for k, v in (TYPED | headers).items()],
        "client": ("192.0.2.1", 1), "server": ("links.example.com", 443), "app": app,
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]
    return sent


def told(sent: list[Message]) -> tuple[int, str]:
    """Status and code."""
    error = orjson.loads(sent[1]["body"])["errors"][0]
    return sent[0]["status"], error["extensions"]["code"]


async def test_of_a_body_without_end_no_more_is_read_than_may_be(app: Starlette) -> None:
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 10_000
        return {"type": "http.request", "body": b" " * 10_000, "more_body": True}

    assert told(await raw(app, receive)) == (413, "TOO_LARGE")
    assert read == BODY_MAX + 10_000


async def test_of_a_body_that_says_it_is_too_large_nothing_is_read(app: Starlette) -> None:
    async def receive() -> Message:
        raise AssertionError("it was read")

    for said in (str(BODY_MAX + 1), "9" * 5_000):
        sent = await raw(app, receive, **{"content-length": said})
        assert told(sent) == (413, "TOO_LARGE")


async def test_a_body_that_does_not_arrive_is_not_waited_for_and_a_gone_client_is_not_answered(
    app: Starlette,
) -> None:
    loop = asyncio.get_running_loop()

    async def silent() -> Message:
        await asyncio.sleep(60)
        raise AssertionError("it was waited for")

    async def slow() -> Message:
        await asyncio.sleep(0.5)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    begun = loop.time()
    answers = await asyncio.gather(raw(app, silent), raw(app, slow))
    assert 4 < loop.time() - begun < 20
    assert [told(sent) for sent in answers] == [(408, "TIMEOUT")] * 2
    assert await raw(app, gone) == []


STORES = {"query": "{ stores { nodes { id } } }"}
ADDED = "... on SellerAccount { name }"
WORKING = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
  AND application_name LIKE 'clickledger%' AND state <> 'idle'"""


async def at_rest(owner: asyncpg.Connection) -> bool:
    """Whether no statement or transaction of the application is under way, soon."""
    for _ in range(50):
        if await owner.fetchval(WORKING) == 0:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_statement_that_takes_too_long_is_given_up_and_its_connection_is_used_again(
    http: httpx.AsyncClient, key: dict[str, str], owner: asyncpg.Connection
) -> None:
    """As many at once as one account may have connections; then all of them are good again."""
    await owner.execute(
        "CREATE POLICY slow ON store AS RESTRICTIVE USING ((SELECT pg_sleep(30)::text) IS NOT NULL)"
    )

    answers = await asyncio.gather(*(ask(http, STORES, **key) for _ in range(6)))

    assert [(each.status_code, code(each)) for each in answers] == [(200, "TOO_SLOW")] * 6
    assert "statement" not in answers[0].text
    assert await at_rest(owner)
    await owner.execute("DROP POLICY slow ON store")
    again = await asyncio.gather(*(ask(http, STORES, **key) for _ in range(16)))
    assert all(each.json()["data"]["stores"]["nodes"] for each in again)


async def test_a_request_that_takes_too_long_is_given_up_and_its_connections_are_used_again(
    http: httpx.AsyncClient, key: dict[str, str], owner: asyncpg.Connection
) -> None:
    """Of several things, one after the other, those are done that were quick enough."""
    await owner.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(2); RETURN NEW; END';"
        "CREATE TRIGGER slow BEFORE INSERT ON seller_account"
        " FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    adds = [f'm{n}: addSellerAccount(name: "S{n}") {{ {ADDED} }}' for n in range(4)]
    document = {"query": "mutation { " + " ".join(adds) + " }"}

    answers = await asyncio.gather(*(ask(http, document, **key) for _ in range(4)))

    for answer in answers:
        assert (answer.status_code, code(answer)) == (504, "TIMEOUT"), answer.text
        assert "data" not in answer.json()
        assert "Idempotency-Key" in answer.text
    assert await at_rest(owner)
    made = dict(await owner.fetch("SELECT name, count(*) FROM seller_account GROUP BY name"))
    assert made["S0"] == 4
    assert not {"S2", "S3"} & made.keys()
    await owner.execute("DROP TRIGGER slow ON seller_account")
    again = await asyncio.gather(*(ask(http, STORES, **key) for _ in range(16)))
    assert all(each.json()["data"]["stores"]["nodes"] for each in again)
