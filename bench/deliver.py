"""Webhooks delivered, from the claim to the record, against a bare loop that posts the same bodies.

Both send to the same receiver, in a process of its own, in turns. The bare loop has nothing to
look up, to sign or to write down; it goes the quicker of two ways, one by one or eight at once.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from rich.console import Console
from rich.progress import Progress

from db.pool import Database
from domain.clock import SystemClock
from domain.sealing import Keyring
from domain.webhooks import actions
from workers.delivering import relay
from workers.deps import Deps
from workers.jobs import do_due
from workers.sending.sender import Sender

_EVENTS = 2_000
_ROUNDS = 5
_KEYRING = Keyring("k1", {"k1": bytes(range(32))})
_HEADERS = {"content-type": "application/json"}


async def run(url: str) -> dict[str, Any]:
    """Medians of the rounds, in deliveries per second."""
    taking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.taking", stdout=asyncio.subprocess.PIPE
    )
    assert taking.stdout is not None
    origin = f"http://127.0.0.1:{int(await taking.stdout.readline())}"
    owner = await asyncpg.connect(url)
    try:
        async with Database(url) as db:
            sender = Sender([origin])
            # Webhooks need neither Amazon nor the post.
            deps = Deps(db, SystemClock(), _KEYRING, None, origin, None, origin, sender)  # type: ignore[arg-type]
            account_id = await _endpoint(owner, f"{origin}/hooks")
            return await _rounds(deps, owner, account_id, origin)
    finally:
        await owner.close()
        taking.terminate()
        await taking.wait()


async def _rounds(
    deps: Deps, owner: asyncpg.Connection, account_id: UUID, origin: str
) -> dict[str, Any]:
    speeds: dict[str, list[float]] = {"one by one": [], "at once": [], "ours": [], "relay": []}
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("delivering", total=_ROUNDS + 1)
        for number in range(_ROUNDS + 1):
            bodies = await _happen(owner, account_id)
            found = {"relay": await _timed(relay(deps))}
            async with httpx.AsyncClient(trust_env=False) as http:
                for name, at_once in (("one by one", 1), ("at once", 8)):
                    found[name] = await _timed(_post(http, f"{origin}/hooks", bodies, at_once))
            found["ours"] = await _timed(do_due(deps))
            done = await owner.fetchval(
                "SELECT count(*) FROM webhook_delivery WHERE status = 'DELIVERED'"
            )
            assert done == _EVENTS * (number + 1), f"{done} delivered"
            if number:  # the first one warms all of them up
                for name, speed in found.items():
                    speeds[name].append(speed)
            progress.advance(task)
    middle = {name: median(found) for name, found in speeds.items()}
    limit = max(middle["one by one"], middle["at once"])
    return {
        "deliveries": _EVENTS,
        "rounds": _ROUNDS,
        "relayed_per_s": round(middle["relay"]),
        "bare_one_by_one_per_s": round(middle["one by one"]),
        "bare_8_at_once_per_s": round(middle["at once"]),
        "delivered_per_s": round(middle["ours"]),
        "ratio_limit": round(middle["ours"] / limit, 2),
    }


async def _timed(work: Any) -> float:
    started = time.perf_counter()
    await work
    return _EVENTS / (time.perf_counter() - started)


async def _post(http: httpx.AsyncClient, url: str, bodies: list[bytes], at_once: int) -> None:
    waiting = iter(bodies)

    async def some(waiting: Iterator[bytes]) -> None:
        for body in waiting:
            answer = await http.post(url, content=body, headers=_HEADERS)
            assert answer.status_code == 200

    await asyncio.gather(*(some(waiting) for _ in range(at_once)))


async def _endpoint(owner: asyncpg.Connection, url: str) -> UUID:
    """The account that it belongs to."""
    now = datetime.now(UTC)
    account_id: UUID = await owner.fetchval(
        "INSERT INTO account (name) VALUES ('Bench') RETURNING account_id"
    )
    endpoint_id = await owner.fetchval(
        """INSERT INTO webhook_endpoint (account_id, url, event_types, signature, created_at)
           VALUES ($1, $2, '{conversion.created}', 'STANDARD', $3) RETURNING id""",
        account_id, url, now,
    )  # fmt: skip
    await actions.add_secret(owner, _KEYRING, account_id, endpoint_id, now)
    return account_id


async def _happen(owner: asyncpg.Connection, account_id: UUID) -> list[bytes]:
    """Events with bodies of a conversion's size; the bodies."""
    rows = await owner.fetch(
        """INSERT INTO event (account_id, type, entity, sequence, to_account, affiliate_ids,
                  occurred_at, body)
           SELECT $1, 'conversion.created', 'conv_' || n, 1, true, '{}', now(),
                  '{"number": ' || n || ', "data": "' || repeat('conversion', 120) || '"}'
             FROM generate_series(1, $2) n RETURNING body""",
        account_id, _EVENTS,
    )  # fmt: skip
    return [row["body"].encode() for row in rows]
