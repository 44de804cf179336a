"""What Prometheus is told that is the same in every process: how the installation does, as the
database has it, and how this process gets on with the database and its own work.

Each process reads for itself, at most every ten seconds, so that of several the largest is taken.
A scrape waits two seconds for the database and never fails because of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from db.pool import Database
from domain.clock import Clock
from domain.ids import encode
from domain.watching import actions
from domain.watching.rules import Outbox, Situation, Trade

log = structlog.get_logger()

_KEPT_S: Final = 10
PATIENCE_S: Final = 2
_STEP_S: Final = 0.25
_LOOKED_BACK: Final = 60
"""Of so many steps of the loop the slowest is told: of fifteen seconds, from scrape to scrape."""

LOOP_LAG: Final = Gauge(
    "clickledger_event_loop_lag_seconds",
    "By how much the process's loop was late at worst in the last 15 seconds.",
    registry=None,
    multiprocess_mode="livemax",
)
POOL: Final = Gauge(
    "clickledger_pool_connections",
    "Connections to PostgreSQL by role: used, idle, and how many there may be at most.",
    ["role", "state"],
    registry=None,
    multiprocess_mode="livesum",
)
POOL_WAITING: Final = Gauge(
    "clickledger_pool_waiting",
    "Who waits for a connection to PostgreSQL, by role.",
    ["role"],
    registry=None,
    multiprocess_mode="livesum",
)
OF_THE_PROCESS: Final = (LOOP_LAG, POOL, POOL_WAITING)


class Standing(Collector):
    """The installation as the database has it. `look` before each collection."""

    def __init__(self, db: Database, clock: Clock, wall: Clock) -> None:
        """`clock` is the trade's; `wall`, the server's own, is compared with the database's."""
        self._db, self._clock, self._wall = db, clock, wall
        self._seen: Situation | None = None
        self._skew_s = 0.0
        self._looked_at = -float(_KEPT_S)
        self._looking: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def look(self) -> None:
        """Never fails: what cannot be read is not told, and that it could not is."""
        async with self._one_at_a_time:
            if time.monotonic() - self._looked_at < _KEPT_S:
                return
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._read())
            # Waited for from outside: a connection that hangs may hang in being given up as well.
            await asyncio.wait([self._looking], timeout=PATIENCE_S)
            if not self._looking.done():
                self._looking.cancel()
                self._seen = None
                log.warning("situation_unknown", error="not within 2 seconds")
            self._looked_at = time.monotonic()

    async def _read(self) -> None:
        try:
            async with self._db.system() as tx:
                seen = await actions.look(tx, self._clock.now())
        except Exception as error:
            self._seen = None
            log.warning("situation_unknown", error=error)
        else:
            self._seen = seen
            self._skew_s = self._wall.now().timestamp() - seen.database_clock

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _one(
            "clickledger_database_up",
            "1 when all that follows could be read within 2 seconds; else 0, and it is missing.",
            float(self._seen is not None),
        )
        # Named also when they are unknown, so that they can be looked up without a database.
        yield from _told(self._seen or _NOTHING, self._skew_s, self._seen is not None)


_NOTHING: Final = Situation([], [], Outbox(0, 0, 0, 0, 0, 0, 0, 0), Trade(0, 0, 0, 0, 0, 0, 0), 0.0)


def _told(seen: Situation, skew_s: float, known: bool) -> Iterator[GaugeMetricFamily]:
    freshness = GaugeMetricFamily(
        "clickledger_freshness_seconds",
        "Since the newest day ended that a level of a store's reports has told in full.",
        labels=["store", "level"],
    )
    for read in seen.reads:
        freshness.add_metric([encode("stor", read.store_id), read.level], read.age_s)
    duties = GaugeMetricFamily(
        "clickledger_duties",
        "Open duties by kind: waiting, running, or dead, which wait for a person.",
        labels=["kind", "state"],
    )
    late = GaugeMetricFamily(
        "clickledger_duty_oldest_due_seconds",
        "How long that duty of a kind has been due which is due longest; 0 for none.",
        labels=["kind"],
    )
    for backlog in seen.backlogs:
        duties.add_metric([backlog.kind, "waiting"], backlog.waiting)
        duties.add_metric([backlog.kind, "running"], backlog.running)
        duties.add_metric([backlog.kind, "dead"], backlog.dead)
        late.add_metric([backlog.kind], backlog.late_s)
    outbox, trade = seen.outbox, seen.trade
    yield from (freshness, duties, late)
    families = (
        _one("clickledger_events", "Events not yet handed to those who listen.", outbox.events),
        _one(
            "clickledger_events_oldest_seconds",
            "How long the oldest of them has waited.",
            outbox.events_age_s,
        ),
        _some(
            "clickledger_webhook_deliveries",
            "Deliveries on their way: pending, of them due, and held by a disabled endpoint.",
            "state",
            {"pending": outbox.pending, "due": outbox.due, "held": outbox.held},
        ),
        _one(
            "clickledger_webhook_oldest_due_seconds",
            "How long that delivery has been due which is due longest; 0 for none.",
            outbox.due_age_s,
        ),
        _some(
            "clickledger_webhook_endpoints",
            "Endpoints whose last delivery failed, and disabled ones.",
            "state",
            {"failing": outbox.failing, "disabled": outbox.disabled},
        ),
        _one(
            "clickledger_stores_stale",
            "Connected stores whose reports are older than they may be.",
            trade.stale_stores,
        ),
        _some(
            "clickledger_consents_lost",
            "Sellers who have to consent again, by Amazon's API.",
            "api",
            {"ads": trade.ads_consents_lost, "selling_partner": trade.seller_consents_lost},
        ),
        _some(
            "clickledger_held",
            "What looked wrong and was not taken in, until somebody accepts it or asks anew.",
            "what",
            {"report": trade.held_reports, "catalog": trade.held_catalogs},
        ),
        _one(
            "clickledger_conversions_unsettled",
            "Conversions whose day to settle has come and that are pending still.",
            trade.unsettled,
        ),
        _one(
            "clickledger_settlement_late_days",
            "How many days ago the first of them should have settled; 0 for none, or today's.",
            trade.unsettled_days,
        ),
        _one(
            "clickledger_clock_skew_seconds",
            "By how much this machine's clock is ahead of PostgreSQL's; below 0, behind it.",
            skew_s,
        ),
    )
    for family in families:
        if not known:
            family.samples.clear()
        yield family


def _one(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)


def _some(name: str, help_: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def register(registry: CollectorRegistry) -> None:
    """Once a registry: the gauges that a process sets of itself."""
    for metric in OF_THE_PROCESS:
        registry.register(metric)


async def keep_watch(db: Database) -> None:
    """Sets what a process says of itself; runs until it is cancelled."""
    loop = asyncio.get_running_loop()
    lags = [0.0] * _LOOKED_BACK
    step = 0
    with suppress(asyncio.CancelledError):
        while True:
            expected = loop.time() + _STEP_S
            await asyncio.sleep(_STEP_S)
            lags[step % _LOOKED_BACK] = max(loop.time() - expected, 0.0)
            step += 1
            if step % 4 == 0:
                LOOP_LAG.set(max(lags))
                _tell_pools(db)


def _tell_pools(db: Database) -> None:
    for role, pool in db.pools().items():
        POOL.labels(role, "used").set(pool.used)
        POOL.labels(role, "idle").set(pool.idle)
        POOL.labels(role, "most").set(pool.most)
        POOL_WAITING.labels(role).set(pool.waiting)
