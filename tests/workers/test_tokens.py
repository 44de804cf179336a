"""One refresh however many ask, and what follows when Amazon refuses."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from db.pool import Database
from domain.amazon import queries
from domain.amazon.rules import Api
from domain.duties.rules import Kind
from tests.stage import Stage
from workers.amazon.errors import ClientRefused, InvalidGrant, TryLater
from workers.tokens import GrantTokens


@pytest.fixture
async def tokens(stage: Stage) -> GrantTokens:
    seller = await stage.seller_account()
    await stage.decide(seller, Api.ADS)
    await stage.do(Kind.EXCHANGE_CODE)
    grant = await stage.row("SELECT id FROM amazon_grant")
    return stage.deps.tokens(stage.account_id, grant["id"])


async def test_fifty_who_find_the_token_run_out_refresh_it_once(
    stage: Stage, tokens: GrantTokens, database_of_test: str
):
    stage.pass_time(hours=2)
    async with Database(database_of_test) as db:
        other_process = replace(stage.deps, db=db)
        others = other_process.tokens(tokens.account_id, tokens.grant_id)

        found = await asyncio.gather(
            *(each.token() for _ in range(25) for each in (tokens, others))
        )

    assert len(set(found)) == 1
    assert stage.count("refresh_token") == 1
    assert stage.world.grants.holder(found[0]) is not None


async def test_fifty_whose_token_is_refused_renew_it_once(stage: Stage, tokens: GrantTokens):
    refused = await tokens.token()

    found = await asyncio.gather(*(tokens.renew(refused) for _ in range(50)))

    assert len(set(found)) == 1
    assert refused not in found
    assert stage.count("refresh_token") == 1


async def test_who_judged_by_an_older_token_does_not_refresh_again(
    stage: Stage, tokens: GrantTokens
):
    """Between looking and acting, somebody else may have refreshed and gone."""
    async with stage.db.account(tokens.account_id) as tx:
        seen = await queries.grant(tx, tokens.account_id, tokens.grant_id)
        assert seen is not None
        await tokens.renew(await tokens.token())
        assert not await queries.lease_refresh(tx, seen, uuid4())

        now_seen = await queries.grant(tx, tokens.account_id, tokens.grant_id)
        assert now_seen is not None
        assert await queries.lease_refresh(tx, now_seen, uuid4())
        assert not await queries.lease_refresh(tx, now_seen, uuid4())


async def test_a_token_is_used_until_its_last_minute(stage: Stage, tokens: GrantTokens):
    first = await tokens.token()
    stage.pass_time(minutes=58)
    assert await tokens.token() == first

    stage.pass_time(minutes=1)
    assert await tokens.token() != first


async def test_a_void_grant_is_asked_once_and_waits_for_the_seller(
    stage: Stage, tokens: GrantTokens
):
    stage.pass_time(hours=2)
    stage.world.grants.revoke(person_id="june")

    found = await asyncio.gather(*(tokens.token() for _ in range(20)), return_exceptions=True)

    assert all(isinstance(one, InvalidGrant) for one in found)
    assert stage.count("refresh_token") == 1
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert grant["state"] == "RECONNECT"
    assert "Connect again" in grant["problem"]


async def test_connecting_again_heals_a_void_grant(stage: Stage, tokens: GrantTokens):
    stage.pass_time(hours=2)
    stage.world.grants.revoke(person_id="june")
    with pytest.raises(InvalidGrant):
        await tokens.token()

    seller = await stage.row("SELECT id FROM seller_account")
    await stage.decide(seller["id"], Api.ADS)
    await stage.do(Kind.EXCHANGE_CODE)

    assert stage.world.grants.holder(await tokens.token()) is not None
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert (grant["state"], grant["problem"]) == ("CONNECTED", None)


async def test_refused_credentials_of_ours_are_not_the_sellers_fault(
    stage: Stage, tokens: GrantTokens
):
    stage.pass_time(hours=2)
    stage.world.faults.order({"kind": "invalid_client", "times": 1})

    with pytest.raises(ClientRefused):
        await tokens.token()

    assert stage.count("refresh_token") == 1
    grant = await stage.row("SELECT * FROM amazon_grant")
    assert (grant["state"], grant["refresh_lease_token"]) == ("CONNECTED", None)
    assert await tokens.token()


async def test_an_amazon_that_is_down_leaves_the_grant_as_it_is(stage: Stage, tokens: GrantTokens):
    stage.pass_time(hours=2)
    stage.world.faults.order({"kind": "status", "status": 503, "path": "/auth/o2/token"})

    with pytest.raises(TryLater):
        await tokens.token()

    stage.world.faults.clear()
    assert await tokens.token()


async def test_a_lease_that_was_left_behind_ends_by_itself(stage: Stage, tokens: GrantTokens):
    stage.pass_time(hours=2)
    await stage.owner.execute(
        """UPDATE amazon_grant SET refresh_lease_token = uuidv7(),
                  refresh_lease_until = clock_timestamp() + interval '300 milliseconds'"""
    )

    assert await tokens.token()
    assert stage.count("refresh_token") == 1


async def test_a_slow_refresh_keeps_its_lease(stage: Stage, tokens: GrantTokens):
    stage.pass_time(hours=2)
    stage.world.faults.order({"kind": "slow", "ms": 60_000, "path": "/auth/o2/token", "times": 1})
    task = asyncio.create_task(replace(tokens, beat_s=0.05).token())
    ends: set[object] = set()
    async with asyncio.timeout(20):
        while len(ends - {None}) < 3:
            grant = await stage.row("SELECT refresh_lease_until FROM amazon_grant")
            ends.add(grant["refresh_lease_until"])

    assert stage.count("refresh_token") == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_lost_its_lease_while_it_asked_uses_what_is_kept(
    stage: Stage, tokens: GrantTokens
):
    stage.pass_time(hours=2)
    hooks = stage.deps.amazon.http.event_hooks["response"]

    async def take_over(response: httpx.Response) -> None:
        hooks.remove(take_over)
        await stage.owner.execute(
            """UPDATE amazon_grant SET refresh_lease_token = uuidv7(),
                      refresh_lease_until = clock_timestamp() + interval '100 milliseconds'"""
        )

    hooks.append(take_over)

    found = await tokens.token()

    assert await tokens.token() == found
    assert stage.count("refresh_token") == 2


async def test_a_cancelled_refresh_gives_its_lease_back(stage: Stage, tokens: GrantTokens):
    stage.pass_time(hours=2)
    stage.world.faults.order({"kind": "slow", "ms": 60_000, "path": "/auth/o2/token", "times": 1})
    on_its_way = asyncio.Event()

    async def tell(request: httpx.Request) -> None:
        on_its_way.set()

    stage.deps.amazon.http.event_hooks["request"].append(tell)
    task = asyncio.create_task(tokens.token())
    await on_its_way.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    grant = await stage.row("SELECT * FROM amazon_grant")
    assert grant["refresh_lease_token"] is None


async def test_no_secret_stands_in_the_database_as_it_is(stage: Stage, tokens: GrantTokens):
    seller = await stage.row("SELECT id FROM seller_account")
    await stage.decide(seller["id"], Api.SELLING_PARTNER)
    await stage.do(Kind.EXCHANGE_CODE)
    stage.pass_time(hours=2)
    await tokens.token()
    await stage.decide(seller["id"], Api.ADS)  # leaves a code behind

    kept = await _everything(stage)

    secrets = [
        *(grant.refresh_token for grant in stage.world.grants._by_refresh.values()),
        *stage.world.grants._tokens,
        *stage.world.grants._codes,
    ]
    assert len(secrets) >= 7
    assert "Atz" not in kept
    assert [one for one in secrets if one[-40:] in kept] == []
    assert kept.count("v1.k1.") == 5


async def test_a_sealed_token_opens_nowhere_else(stage: Stage, tokens: GrantTokens):
    """Another grant's row holding this grant's ciphertext is of no use."""
    other = await stage.seller_account("Lumen")
    await stage.decide(other, Api.ADS, "lucas")
    await stage.do(Kind.EXCHANGE_CODE)
    await stage.owner.execute(
        """UPDATE amazon_grant g SET sealed_access_token = o.sealed_access_token
             FROM amazon_grant o WHERE g.id = $1 AND o.id <> g.id""",
        tokens.grant_id,
    )

    with pytest.raises(Exception, match="does not open"):
        await tokens.token()


async def _everything(stage: Stage) -> str:
    tables = await stage.owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    texts = [
        await stage.owner.fetchval(f"SELECT string_agg(t::text, '\n') FROM {table[0]} t")
        for table in tables
    ]
    return "\n".join(text for text in texts if text)
