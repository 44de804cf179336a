"""While PostgreSQL is away, shoppers of links that are known go on, and each is counted once."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from api.redirect import routes
from db.migrate import migrate
from db.pool import Database
from domain.clicks.counting import Clicks
from domain.clicks.queries import Visit
from domain.clicks.spool import Spool
from domain.clock import SystemClock
from domain.ids import new_id
from tests.api.own_postgres import OwnPostgres, a_wire
from tests.api.test_redirect import BROWSER
from tests.factories import NOW, a_link, a_partnership, a_store, an_account, an_offer

UNKNOWN = "a" * 16


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    own = OwnPostgres(tmp_path_factory.mktemp("own") / "postgres")
    asyncio.run(migrate(own.url, months=()))
    yield own
    own.gone()


@asynccontextmanager
async def a_process(
    url: str, folder: Path, disk_s: float = 3
) -> AsyncIterator[tuple[httpx.AsyncClient, Clicks]]:
    """Of the web, and a shopper's browser before it. A fault of ours is 500, not the test's."""
    app = Starlette(routes=routes)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        Database(url) as db,
        Clicks(db, folder, disk_s=disk_s) as clicks,
        httpx.AsyncClient(
            transport=transport, base_url="http://go.test", headers={"user-agent": BROWSER}
        ) as client,
    ):
        app.state.clicks, app.state.clock = clicks, SystemClock()
        yield client, clicks


async def some_links(url: str, number: int) -> list[str]:
    owner = await asyncpg.connect(url)
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    codes = [await a_link(owner, account_id, partnership_id) for _ in range(number)]
    await owner.close()
    return codes


async def counted(url: str, codes: list[str]) -> Counter[str]:
    owner = await asyncpg.connect(url)
    rows = await owner.fetch(
        "SELECT code FROM click k JOIN link_code c USING (account_id, link_id)"
        " WHERE code = ANY($1)",
        codes,
    )
    await owner.close()
    return Counter(row["code"] for row in rows)


async def once_all_are_counted(url: str, expected: Counter[str]) -> Counter[str]:
    """What is counted, as soon as it is as many, and a little later."""
    for _ in range(100):
        with suppress(OSError, asyncpg.PostgresError):
            if (await counted(url, list(expected))).total() >= expected.total():
                break
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.6)
    return await counted(url, list(expected))


async def follow(client: httpx.AsyncClient, codes: list[str], number: int) -> list[int]:
    asked = (client.get(f"/l/{codes[i % len(codes)]}") for i in range(number))
    return [answer.status_code for answer in await asyncio.gather(*asked)]


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
async def test_shoppers_go_on_while_postgresql_is_away_and_each_is_counted_once(
    postgres: OwnPostgres, tmp_path: Path, fault: str
) -> None:
    codes = await some_links(postgres.url, 5)
    sent: Counter[str] = Counter()
    over = asyncio.Event()
    refused: list[int] = []

    async def shopper(client: httpx.AsyncClient, code: str) -> None:
        while not over.is_set():
            answer = await client.get(f"/l/{code}")
            if answer.status_code == 302:
                sent[code] += 1
            else:
                refused.append(answer.status_code)
            await asyncio.sleep(0.005)

    async with a_process(postgres.url, tmp_path / "spool") as (client, clicks):
        for code in codes:  # which makes them known
            assert (await client.get(f"/l/{code}")).status_code == 302
            sent[code] += 1
        shoppers = [asyncio.create_task(shopper(client, code)) for code in codes * 2]
        await asyncio.sleep(0.3)
        away, back = (
            (postgres.stop, postgres.start)
            if fault == "stopped"
            else (postgres.freeze, postgres.thaw)
        )
        await asyncio.to_thread(away)
        try:
            await asyncio.sleep(2.5)
            assert clicks.spooled > 0
            stranger = await client.get(f"/l/{UNKNOWN}")
        finally:
            await asyncio.to_thread(back)
        for _ in range(100):
            if not clicks.is_away:
                break
            await asyncio.sleep(0.1)
        over.set()
        await asyncio.gather(*shoppers)
        found = await once_all_are_counted(postgres.url, sent)

    assert stranger.status_code == 503
    assert stranger.headers["retry-after"] == "2"
    assert refused == []
    assert found == sent
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("then", ["it is there again", "it stays away"])
async def test_a_click_whose_commit_nobody_heard_of_is_counted_once(
    postgres: OwnPostgres, tmp_path: Path, then: str
) -> None:
    codes = await some_links(postgres.url, 3)
    async with (
        a_wire(postgres.url) as (url, wire),
        a_process(url, tmp_path / "spool") as (client, clicks),
    ):
        assert await follow(client, codes, 3) == [302] * 3
        await asyncio.sleep(0.2)
        wire.swallow, wire.closed = True, then == "it stays away"
        assert await follow(client, codes, 3) == [302] * 3
        assert (wire.swallowed, clicks.spooled) == (1, 3 if wire.closed else 0)
        wire.closed = False
        found = await once_all_are_counted(postgres.url, Counter(codes * 2))

    assert found == Counter(codes * 2)


async def test_a_click_that_no_disk_takes_either_is_refused_and_not_counted(
    postgres: OwnPostgres, tmp_path: Path
) -> None:
    [code] = await some_links(postgres.url, 1)
    async with (
        a_wire(postgres.url) as (url, wire),
        a_process(url, tmp_path / "spool") as (client, clicks),
    ):
        assert await follow(client, [code], 1) == [302]
        await asyncio.sleep(0.2)
        (tmp_path / "spool").touch()  # where no folder can be made then
        wire.swallow = wire.closed = True
        assert await follow(client, [UNKNOWN], 1) == [503]  # who is the first to find it gone
        program = await client.get(f"/l/{code}", headers={"user-agent": "curl/8"})
        refused = await client.get(f"/l/{code}")
        assert (clicks.is_away, clicks.spooled) == (True, 0)
        wire.closed = False
        for _ in range(100):
            if not clicks.is_away:
                break
            await asyncio.sleep(0.1)
        assert await follow(client, [code], 1) == [302]

    assert program.status_code == 302
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert await counted(postgres.url, [code]) == {code: 2}


async def test_a_disk_that_hangs_holds_nobody_up(postgres: OwnPostgres, tmp_path: Path) -> None:
    [code] = await some_links(postgres.url, 1)
    (tmp_path / "of-the-dead.jsonl").write_bytes(b"not JSON\n")
    # Whoever puts the line aside there hangs until somebody reads it.
    os.mkfifo(tmp_path / "refused.txt")
    async with (
        a_wire(postgres.url) as (url, wire),
        a_process(url, tmp_path, disk_s=0.2) as (client, clicks),
    ):
        await asyncio.sleep(0.5)
        assert await follow(client, [code], 1) == [302]
        wire.swallow = wire.closed = True
        refused = await asyncio.wait_for(follow(client, [code], 4), 5)
        wire.closed = False
        for _ in range(100):
            if not clicks.is_away:
                break
            await asyncio.sleep(0.1)
        again = await follow(client, [code], 1)
        os.close(os.open(tmp_path / "refused.txt", os.O_RDONLY | os.O_NONBLOCK))

    assert (refused, again) == ([503] * 4, [302])


async def test_what_killed_processes_had_answered_is_counted_by_the_next(
    postgres: OwnPostgres, tmp_path: Path
) -> None:
    """Two, that share a port and a folder."""
    codes = await some_links(postgres.url, 2)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DATABASE_URL": postgres.url, "REDIS_URL": "redis://127.0.0.1:1/0", "PORT": str(port),
        "ENVIRONMENT": "development", "PUBLIC_URL": "http://127.0.0.1", "HOST": "127.0.0.1",
        "SEALING_KEYS": "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AMAZON_ADS_CLIENT_ID": "a", "AMAZON_ADS_CLIENT_SECRET": "a",
        "AMAZON_SELLER_CLIENT_ID": "a", "AMAZON_SELLER_CLIENT_SECRET": "a",
        "AMAZON_SELLER_APPLICATION_ID": "a", "CLICK_SPOOL": str(tmp_path / "spool"),
        "WEB_WORKERS": "2",
    }  # fmt: skip
    log = tmp_path / "log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api", env=env, stdout=written, stderr=written,
            start_new_session=True,
        )  # fmt: skip
    sent: Counter[str] = Counter()
    headers = {"user-agent": BROWSER}
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # so that both are asked
        ) as client:  # fmt: skip
            for _ in range(300):
                if log.read_bytes().count(b"Started worker-") == 2:
                    break
                await asyncio.sleep(0.1)
            await asyncio.to_thread(postgres.stop)
            try:
                # None was visited before: they were learnt when the process began.
                for code in codes * 10:
                    assert (await client.get(f"/l/{code}")).status_code == 302, log.read_text()
                    sent[code] += 1
            finally:
                os.killpg(process.pid, 9)
                await asyncio.to_thread(postgres.start)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()
    left = [*(tmp_path / "spool").iterdir()]
    assert len(left) == 2
    with left[0].open("ab") as file:
        file.write(b'{"id":"0199')  # what was being written when it was killed

    async with a_process(postgres.url, tmp_path / "spool"):
        found = await once_all_are_counted(postgres.url, sent)

    assert found == sent
    assert not list((tmp_path / "spool").iterdir())


async def test_a_process_leaves_the_file_of_another_that_lives_alone(
    db: Database, database_of_test: str, tmp_path: Path
) -> None:
    [code] = await some_links(database_of_test, 1)
    living = Spool(tmp_path)
    living.keep([a_click(code)])
    async with Clicks(db, tmp_path):
        await asyncio.sleep(0.5)
        before = await counted(database_of_test, [code])
    living.seal()
    async with Clicks(db, tmp_path):
        after = await once_all_are_counted(database_of_test, Counter([code]))

    assert (before[code], after[code]) == (0, 1)


async def test_a_click_that_cannot_be_counted_is_told_and_keeps_no_other_from_it(
    db: Database, owner: asyncpg.Connection, database_of_test: str, tmp_path: Path
) -> None:
    """Live, and in a file; and so with a link that is gone, and a line that nobody can read."""
    *good, bad = await some_links(database_of_test, 7)
    link_id = await owner.fetchval("SELECT link_id FROM link_code WHERE code = $1", bad)
    await owner.execute(f"ALTER TABLE click ADD CHECK (link_id <> '{link_id}')")

    async with a_process(database_of_test, tmp_path) as (client, _):
        statuses = await follow(client, [*good, bad, UNKNOWN], 16)
    spool = Spool(tmp_path)
    spool.keep([a_click(code) for code in [*good, bad, UNKNOWN]])
    spool.seal()
    [file] = spool.left()
    file.write_bytes(b"not JSON\n" + file.read_bytes())
    async with Clicks(db, tmp_path):
        found = await once_all_are_counted(database_of_test, Counter(good * 3))

    assert statuses == [*([302] * 6), 500, 404] * 2
    assert found == Counter(good * 3)
    assert spool.left() == []
    unread, refused = (tmp_path / "refused.txt").read_text().splitlines()
    assert (unread, bad in refused) == ("not JSON", True)


@pytest.mark.parametrize("seed", range(3))
async def test_a_group_is_answered_and_counted_as_one_by_one(
    database_of_test: str, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    codes = await some_links(database_of_test, 4)
    visits = [
        (random.choice(["GET", "GET", "HEAD"]), random.choice([*codes, UNKNOWN, "b" * 16]),
         random.choice([BROWSER, BROWSER, "curl/8"]))
        for _ in range(60)
    ]  # fmt: skip
    asked = [
        {"method": method, "url": f"/l/{code}", "headers": {"user-agent": agent}}
        for method, code, agent in visits
    ]

    async with a_process(database_of_test, tmp_path) as (client, _):
        alone = [shown(await client.request(**one)) for one in asked]
        by_one = await counted(database_of_test, codes)
        tasks = [asyncio.create_task(client.request(**one)) for one in asked]
        gone = [asyncio.create_task(client.request(**asked[0])) for _ in range(5)]
        await asyncio.sleep(0)
        for task in gone:  # before they are answered
            task.cancel()
        together = [shown(await task) for task in tasks]
        both = await counted(database_of_test, codes)

    assert together == alone
    extra = both - by_one - by_one
    assert {code: both[code] - 2 * by_one[code] for code in codes if extra[code]} in (
        {}, {visits[0][1]: extra[visits[0][1]]}
    )  # fmt: skip
    assert extra.total() <= 5


def shown(answer: httpx.Response) -> tuple[int, str | None, str]:
    return answer.status_code, answer.headers.get("location"), answer.text


def test_a_disk_that_gets_full_takes_whole_clicks_or_none(tmp_path: Path) -> None:
    spool, kept = Spool(tmp_path), [a_click(UNKNOWN) for _ in range(3)]
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    spool.keep(kept[:2])
    [file] = tmp_path.iterdir()
    one_and_a_half = file.stat().st_size * 3 // 4
    limit = file.stat().st_size + one_and_a_half
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, usual[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            spool.keep([a_click(UNKNOWN) for _ in range(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    spool.keep(kept[2:])
    spool.seal()

    found = []
    for path in spool.left():
        with spool.claimed(path) as left:
            assert left is not None
            found += spool.batch(left, 10) or []
    assert found == kept


def a_click(code: str) -> Visit:
    return Visit(new_id(), code, NOW, True)
