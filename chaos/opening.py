"""The house that is broken: servers, weather between them, Amazon in a box, and the product."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx

from chaos.client import Client
from chaos.faults import Ground
from chaos.hands import Hands
from chaos.history import History
from chaos.joining import PASSWORD
from chaos.listening import listening
from chaos.processes import kept
from chaos.proxy import proxy
from chaos.receivers import Receiver
from chaos.scene import NotSetUp
from chaos.servers import Postgres, valkey
from chaos.witness import look_on
from db.migrate import migrate
from house import amazon_of, free_port, sandbox

_MODULES = {"api": "api", "worker-1": "workers", "worker-2": "workers"}
_READY_S = 60
_TIMEOUT_S = 15
_NOON_H = 4
"""After the sandbox's first moment: far from every midnight of Amazon's, so that an hour off is
still the same day."""
_WHO = "olive@chaos.example", "Olive Hart", "Chaos Trading"
_PLENTY = "50000000"


@dataclass(frozen=True, slots=True)
class House:
    """Everything, running."""

    ground: Ground
    client: Client
    receivers: Sequence[Receiver]
    origins: Sequence[str]
    """Where the receivers listen."""
    account: str
    calm: Mapping[str, str]
    """The environment for the operator's commands, which go past the weather."""
    outbox: Path
    """Where letters are put."""
    spool: Path
    """Where clicks wait that PostgreSQL could not take."""

    def secrets(self) -> dict[str, str]:
        """What nobody may find anywhere, by what it is."""
        return {
            "the account's key": self.client.headers["Authorization"].split()[1],
            "the password": PASSWORD,
            "our secret at Amazon Ads": self.calm["AMAZON_ADS_CLIENT_SECRET"],
            "our secret at Seller Central": self.calm["AMAZON_SELLER_CLIENT_SECRET"],
        }


@asynccontextmanager
async def opened(data: Path, seed: int, base: Postgres, history: History) -> AsyncIterator[House]:
    """The product over a fresh database; stopped in the end, with the database still there."""
    chance = Random(f"weather {seed}")
    for folder in ("outbox", "spool"):  # of the run before, and of its database
        shutil.rmtree(data / folder, ignore_errors=True)
    await migrate(base.url)
    await look_on(base.url)
    async with AsyncExitStack() as doors:
        cache = await doors.enter_async_context(valkey(data))
        to_postgres = await doors.enter_async_context(proxy(base.socket, chance))
        to_valkey = await doors.enter_async_context(proxy(cache.socket, chance))
        origin = doors.enter_context(sandbox(data))
        http = await doors.enter_async_context(
            httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S)
        )
        hands = Hands(http, origin, history, datetime.fromtimestamp(0, UTC))
        await hands.advance(_NOON_H)
        clock = await doors.enter_async_context(listening(hands.tell))
        receivers = [
            Receiver(name, history, Random(f"{name} {seed}")) for name in ("healthy", "flaky")
        ]
        origins = [await doors.enter_async_context(listening(one.take)) for one in receivers]
        calm = _environment(data) | amazon_of(origin) | {
            "DATABASE_URL": base.url,
            "REDIS_URL": f"redis://127.0.0.1:{to_valkey.port}/0",
            "CLOCK_URL": f"{clock}/clock",
            "AMAZON_ORIGIN": origin,
            "WEBHOOK_RECEIVERS": ",".join(origins),
        }  # fmt: skip
        env = calm | {"DATABASE_URL": base.url_through(to_postgres.port)}
        account, key = await _begin(calm)
        api, *workers = await doors.enter_async_context(kept(_MODULES, env, data, history))
        await _ready(http, env["PUBLIC_URL"])
        yield House(
            Ground(workers, api, base, cache, to_postgres, to_valkey, hands, http, origin, history),
            Client(http, env["PUBLIC_URL"], {"Authorization": f"Bearer {key}"}, history),
            receivers,
            origins,
            account,
            calm,
            data / "outbox",
            data / "spool",
        )


def _environment(data: Path) -> dict[str, str]:
    port = str(free_port(None))
    return {
        **os.environ,
        "ENVIRONMENT": "development",
        "PORT": port,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SEALING_KEYS": f"chaos:{'A' * 43}=",
        "SWEEP_SECONDS": "1",
        "SMTP_URL": "",
        "MAIL_OUTBOX": str(data / "outbox"),
        "CLICK_SPOOL": str(data / "spool"),
        "DATA_DIR": str(data),
        # One client does here what many would.
        **dict.fromkeys(
            ("BUDGET_CALLER", "BUDGET_ACCOUNT", "BUDGET_ADDRESS", "BUDGET_ANONYMOUS"), _PLENTY
        ),
    }


async def _begin(env: Mapping[str, str]) -> tuple[str, str]:
    """The account and its first key."""
    code, said = await command(env, "begin", *_WHO)
    if code:
        raise NotSetUp(said)
    words = dict(line.split(maxsplit=1) for line in said.splitlines())
    return words["account"], words["key"]


async def command(env: Mapping[str, str], *words: str) -> tuple[int, str]:
    """An operator's command: its exit code, and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *words, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def _ready(http: httpx.AsyncClient, url: str) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        try:
            if (await http.get(f"{url}/readyz")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise NotSetUp(f"The API at {url} was not ready within {_READY_S} s.")
