from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from api.redirect import routes
from db.pool import Database
from domain.clicks.counting import Clicks
from tests.factories import NOW, a_link, a_partnership, a_store, an_account, an_offer

BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


class FixedClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
async def client(db) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(db) as client:
        yield client


@asynccontextmanager
async def a_browser(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A shopper's browser before the redirect; it does not follow."""
    app = Starlette(routes=routes)
    transport, headers = httpx.ASGITransport(app), {"user-agent": BROWSER}
    async with (
        # Nobody keeps clicks there, as on a disk that is full.
        Clicks(db, Path("/dev/null")) as clicks,
        httpx.AsyncClient(
            transport=transport, base_url="http://go.test", headers=headers
        ) as client,
    ):
        app.state.clicks, app.state.clock = clicks, FixedClock()
        yield client


@asynccontextmanager
async def a_relay(url: str) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """The URL's server by a way that can be cut: the way's URL, and what cuts it."""
    parts = urlsplit(url)
    [folder] = parse_qs(parts.query)["host"]
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while content := await reader.read(65536):
            writer.write(content)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        writers.extend((writer, back))
        tasks.extend(
            asyncio.ensure_future(it) for it in (carry(reader, back), carry(there, writer))
        )

    server = await asyncio.start_server(accept, "127.0.0.1", 0)

    def cut() -> None:
        server.close()
        for writer in writers:
            writer.transport.abort()

    own_port = server.sockets[0].getsockname()[1]
    try:
        yield f"postgresql://{parts.username}@127.0.0.1:{own_port}{parts.path}", cut
    finally:
        cut()
        await asyncio.gather(*tasks, return_exceptions=True)


async def link_to(owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    return await a_link(owner, account_id, partnership_id)


async def clicks(owner):
    return await owner.fetchval("SELECT count(*) FROM click")


async def test_a_shopper_is_counted_and_sent_to_amazon(client, owner):
    """S14, S52."""
    code = await link_to(owner)

    answer = await client.get(f"/l/{code}")

    assert answer.status_code == 302
    assert answer.headers["location"] == await owner.fetchval("SELECT destination FROM link")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answer.content == b""
    assert await owner.fetchval("SELECT clicked_at FROM click") == NOW


async def test_every_redirect_of_many_at_once_is_a_click(client, owner):
    code = await link_to(owner)

    answers = await asyncio.gather(*(client.get(f"/l/{code}") for _ in range(40)))

    assert {answer.status_code for answer in answers} == {302}
    assert await clicks(owner) == 40


async def test_a_code_in_upper_case_is_the_same_link(client, owner):
    code = await link_to(owner)

    answer = await client.get(f"/l/{code.upper()}")

    assert answer.status_code == 302


UNCOUNTED = [
    ("HEAD", {}),
    ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}),
    ("GET", {"user-agent": ""}),
    ("GET", {"sec-purpose": "prefetch;prerender"}),
    ("GET", {"x-moz": "prefetch"}),
]


async def test_who_is_no_shopper_is_sent_on_and_not_counted(client, owner):
    code = await link_to(owner)

    for method, headers in UNCOUNTED:
        answer = await client.request(method, f"/l/{code}", headers=headers)

        assert answer.status_code == 302
        assert answer.headers["location"].startswith("https://www.amazon.com/dp/")
        assert answer.headers["cache-control"] == "private, no-store"
        assert await clicks(owner) == 0, (method, headers)


async def test_what_a_shopper_adds_to_the_address_never_reaches_amazon(client, owner):
    """S48."""
    code = await link_to(owner)

    answer = await client.get(f"/l/{code}?utm_source=blog&url=https://evil.example")

    assert answer.headers["location"] == await owner.fetchval("SELECT destination FROM link")


NO_CODES = [
    "a" * 16,
    "a" * 15,
    "a" * 5000,
    "%00" * 16,
    "%E0%A4%A",
    "%0d%0aLocation:%20https:evil.example",
    "https:%2f%2fevil.example",
    "..%2f..%2fetc",
    "'; DROP TABLE click; --",
]


async def test_an_unknown_code_leads_nowhere_and_is_told_so_in_plain_words(client, owner):
    for path in NO_CODES:
        answer = await client.get(f"/l/{path}")

        assert answer.status_code == 404, path
        assert "location" not in answer.headers
    assert await clicks(owner) == 0

    answer = await client.get(f"/l/{'a' * 16}")

    assert "leads nowhere" in answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"


NOT_AMAZON = [
    "https://evil.example/dp/B000000001",
    "http://www.amazon.com/dp/B000000001",
    "https://www.amazon.com.evil.example/dp/B000000001",
    "https://www.amazon.com@evil.example/dp/B000000001",
    "//www.amazon.com/dp/B000000001",
    "https://www.amazon.com/dp/B000000001\r\nset-cookie: a=b",
    "javascript:alert(1)",
]


async def test_nobody_is_sent_anywhere_but_to_amazon(client, owner, caplog):
    """S14: whatever came to stand in the table."""
    for destination in NOT_AMAZON:
        code = await link_to(owner)
        await owner.execute("UPDATE link_code SET destination = $1", destination)
        caplog.clear()

        answer = await client.get(f"/l/{code}")

        assert answer.status_code == 404, destination
        assert "location" not in answer.headers
        assert f"link {code} leads to {destination!r}, which is not a page" in caplog.text


async def test_a_shopper_of_a_brands_own_shop_is_counted_and_sent_there(client, owner):
    """S43."""
    code = await link_to(owner)
    destination = f"https://acme.example/press?utm_source=mail&clk={code}"
    await lead(owner, destination, "acme.example")

    answer = await client.get(f"/l/{code}?clk=other&url=https://evil.example")

    assert answer.status_code == 302
    assert answer.headers["location"] == destination
    assert answer.headers["cache-control"] == "private, no-store"
    assert await clicks(owner) == 1


NOT_OF_THE_SHOP = [
    "https://evil.example/press",
    "https://www.acme.example/press",
    "https://www.amazon.com/dp/B000000001",
    "http://acme.example/press",
    "https://acme.example.evil.example/press",
    "https://acme.example@evil.example/press",
    "https://acme.example:8443/press",
    "https://acme.example\\@evil.example/press",
    "//acme.example/press",
    "//evil.example",
    "https://acme.example/press\r\nset-cookie: a=b",
    "https://acme.example",
    "javascript:alert(1)//acme.example/",
]


async def test_nobody_is_sent_from_a_shops_link_anywhere_but_to_the_shop(client, owner, caplog):
    """S14: whatever came to stand in the table."""
    for destination in NOT_OF_THE_SHOP:
        code = await link_to(owner)
        await lead(owner, destination, "acme.example")
        caplog.clear()

        answer = await client.get(f"/l/{code}")

        assert answer.status_code == 404, destination
        assert "location" not in answer.headers
        assert f"leads to {destination!r}, which is not a page on acme.example" in caplog.text


async def test_a_host_that_is_no_shops_leads_nowhere(client, owner):
    for host in ("localhost", "10.0.0.1", "", "acme.example/x", "me@acme.example"):
        code = await link_to(owner)
        await lead(owner, f"https://{host}/press", host)

        assert (await client.get(f"/l/{code}")).status_code == 404, host


async def lead(owner, destination, shop_host):
    await owner.execute(
        "UPDATE link_code SET destination = $1, shop_host = $2", destination, shop_host
    )


async def test_only_a_visit_is_answered(client, owner):
    code = await link_to(owner)

    answer = await client.post(f"/l/{code}")

    assert answer.status_code == 405
    assert await clicks(owner) == 0


async def test_while_a_click_can_be_kept_nowhere_the_shopper_is_asked_to_come_back(
    owner, database_of_test, caplog
):
    code = await link_to(owner)
    async with (
        a_relay(database_of_test) as (url, cut),
        Database(url) as db,
        a_browser(db) as client,
    ):
        assert (await client.get(f"/l/{code}")).status_code == 302
        cut()
        answer, previewed = await client.get(f"/l/{code}"), await client.head(f"/l/{code}")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "location" not in answer.headers
    assert previewed.status_code == 302  # it is no click, and the link is known
    assert "1 clicks could not be kept" in caplog.text
    assert await clicks(owner) == 1
