"""The faults, done: each strikes, lasts, and leaves the ground as it was."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from chaos.hands import Hands
from chaos.history import History
from chaos.plan import Fault, Kind
from chaos.processes import Kept
from chaos.proxy import Proxy, Weather
from chaos.servers import Postgres, Valkey

_SLOW = Weather(latency_s=0.05, jitter_s=0.15)
_ONE_IN = 3
"""Calls of Amazon's fail in a storm, each in some way of its own."""
_PATIENT = ["throttled"]
"""Left out of it: who is told to come back in a minute and a half is not here any more."""
_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Ground:
    """What the product stands on."""

    workers: Sequence[Kept]
    api: Kept
    postgres: Postgres
    valkey: Valkey
    to_postgres: Proxy
    to_valkey: Proxy
    hands: Hands
    http: httpx.AsyncClient
    sandbox: str
    history: History
    _postgres_falls: asyncio.Lock = field(default_factory=asyncio.Lock)
    _valkey_falls: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def strike_all(self, faults: Sequence[Fault]) -> None:
        """Returns when the last one is over and everything stands again."""
        begun = self.history.now()
        self.history.write("faults", start=round(begun, 3))
        async with asyncio.TaskGroup() as striking:
            for fault in faults:
                await asyncio.sleep(max(0.0, begun + fault.at_s - self.history.now()))
                sys.stderr.write(f"{fault.at_s:6.1f} s  {fault.kind}, {fault.lasts_s:.1f} s\n")
                striking.create_task(self._strike(fault))

    async def _strike(self, fault: Fault) -> None:
        start = self.history.now()
        await self._do(fault)
        self.history.write(
            "fault", kind=fault.kind.name, start=round(start, 3), end=round(self.history.now(), 3)
        )

    async def _do(self, fault: Fault) -> None:
        worker = self.workers[int(fault.chance * len(self.workers))]
        wires = self._wires(fault.chance)
        match fault.kind:
            case Kind.WORKER_KILLED:
                worker.strike(signal.SIGKILL)
            case Kind.WORKER_STOPPED:
                worker.strike(signal.SIGTERM)
            case Kind.WORKER_FROZEN:
                await worker.freeze(fault.lasts_s)
            case Kind.API_KILLED:
                self.api.strike(signal.SIGKILL)
            case Kind.API_STOPPED:
                self.api.strike(signal.SIGTERM)
            case Kind.API_FROZEN:
                await self.api.freeze(fault.lasts_s)
            case Kind.VALKEY_FLUSHED:
                async with self._valkey_falls:
                    await self.valkey.forget_all()
            case Kind.VALKEY_KILLED:
                async with self._valkey_falls:
                    await self.valkey.fall()
                    await asyncio.sleep(fault.lasts_s)
                    await self.valkey.rise()
            case Kind.POSTGRES_RESTARTED | Kind.POSTGRES_DOWN:
                async with self._postgres_falls:
                    await self.postgres.fall()
                    await asyncio.sleep(fault.lasts_s)
                    await self.postgres.rise()
            case Kind.CONNECTIONS_CUT:
                for wire in wires:
                    wire.cut()
            case Kind.CUT_IN_THE_MIDDLE:
                for wire in wires:
                    wire.cut_after(2_000)
            case Kind.LATENCY:
                for wire in wires:
                    wire.weather = _SLOW
                await asyncio.sleep(fault.lasts_s)
                for wire in wires:
                    wire.weather = Weather()
            case Kind.BLACK_HOLE:
                for wire in wires:
                    wire.swallow()
                await asyncio.sleep(fault.lasts_s)
                for wire in wires:
                    wire.pass_on()
            case Kind.CLOCK_STEPPED:
                self.hands.step(_HOUR if fault.chance < 0.5 else -_HOUR)
                await asyncio.sleep(fault.lasts_s)
                self.hands.step(timedelta())
            case Kind.AMAZON_FAILS:
                await self._amazon_fails(fault)

    def _wires(self, chance: float) -> list[Proxy]:
        """One of the two, or both."""
        every = [[self.to_postgres], [self.to_valkey], [self.to_postgres, self.to_valkey]]
        return every[int(chance * len(every))]

    async def _amazon_fails(self, fault: Fault) -> None:
        # What is not Amazon's in the sandbox, its clock and its books, is left alone.
        storm = {"one_in": _ONE_IN, "seed": int(fault.chance * 1_000_000), "without": _PATIENT}
        answer = await self.http.put(f"{self.sandbox}/sandbox/storm", json=storm)
        answer.raise_for_status()
        await asyncio.sleep(fault.lasts_s)
        (await self.http.delete(f"{self.sandbox}/sandbox/storm")).raise_for_status()
