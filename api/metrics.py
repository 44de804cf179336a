"""What this process has answered, and how fast; and /metrics, where Prometheus asks for it.

Several processes behind one port are one to Prometheus: they keep their counts in files of one
folder (`api.__main__` makes it), and whichever is asked tells those of all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import compare_digest
from time import perf_counter
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as told
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import gauges
from config import Config
from schema.documents import Document

GRAPHQL: Final = Histogram(
    "clickledger_graphql_seconds",
    "Requests for GraphQL: query, mutation, or unread when it was refused before; and whether it"
    " was ok, refused for a reason that the asker can mend, or ended with an error of ours.",
    ["kind", "outcome"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=None,
)
REFUSED: Final = Counter(
    "clickledger_graphql_refused_total",
    "Requests for GraphQL that were refused as a whole, by the code that they were told.",
    ["code"],
    registry=None,
)
REDIRECTS: Final = Counter(
    "clickledger_redirects_total",
    "Links followed: sent on, nowhere (no such link), or unavailable (no click could be kept).",
    ["outcome"],
    registry=None,
)
CLICKS: Final = Counter(
    "clickledger_clicks_total",
    "Clicks by what became of them: counted, spooled (kept in a file while PostgreSQL was away, and"
    " counted later), refused (kept nowhere, and the shopper not sent on).",
    ["how"],
    registry=None,
)


class Spool(Collector):
    """What waits in the folder of clicks, which all processes of this machine share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[GaugeMetricFamily]:
        spool = GaugeMetricFamily(
            "clickledger_click_spool_bytes",
            "Clicks in files of this machine: waiting for PostgreSQL, or refused by it and put"
            " aside for a person to look at.",
            labels=["what"],
        )
        spool.add_metric(["waiting"], _size(self._folder.glob("*.jsonl")))
        spool.add_metric(["refused"], _size(self._folder.glob("refused.txt")))
        yield spool


def _size(files: Iterable[Path]) -> int:
    size = 0
    for file in files:
        with suppress(FileNotFoundError):  # loaded meanwhile
            size += file.stat().st_size
    return size


OF_THE_API: Final = (GRAPHQL, REFUSED, REDIRECTS, CLICKS)

_OURS: Final = frozenset({"INTERNAL", "TOO_SLOW"})
_LONGEST_NAME: Final = 100


class Asked:
    """One request for GraphQL on its way; who answers it says what it was and how it ended."""

    __slots__ = ("kind", "ms", "operation", "outcome", "points", "viewer")

    def __init__(self) -> None:
        self.kind, self.outcome, self.ms = "unread", "error", 0.0
        self.viewer: str | None = None
        self.operation: str | None = None
        self.points: int | None = None

    def reads(self, document: Document) -> None:
        self.kind = "mutation" if document.is_mutation else "query"
        name = document.operation.name
        self.operation = name.value[:_LONGEST_NAME] if name else None

    def was_refused(self, code: str, *, ours: bool = False) -> None:
        """As a whole. Codes are ours and few, so they may be a label."""
        self.outcome = "error" if ours else "refused"
        REFUSED.labels(code).inc()

    def answered(self, codes: Sequence[str], *, refused: bool) -> None:
        """`codes` of errors of parts, of which one of ours counts for the whole; `refused`: a
        mutation's answer was a refusal."""
        if _OURS.isdisjoint(codes):
            self.outcome = "refused" if codes or refused else "ok"


def tell_of_clicks(how: str, number: int) -> None:
    if number:
        CLICKS.labels(how).inc(number)


@contextmanager
def timed() -> Iterator[Asked]:
    asked, begun = Asked(), perf_counter()
    try:
        yield asked
    finally:
        seconds = perf_counter() - begun
        asked.ms = round(seconds * 1000, 2)
        GRAPHQL.labels(asked.kind, asked.outcome).observe(seconds)


class Metrics:
    """What /metrics tells, and to whom: with a token to whoever has it, without one to everybody
    while it is no production, and then to nobody."""

    def __init__(self, config: Config, standing: gauges.Standing, folder: str | None) -> None:
        """`folder` is where the processes of one port keep their counts; None for a single one."""
        self._token = config.metrics_token
        self._hidden = config.production and not config.metrics_token
        self._standing = standing
        self._registry = CollectorRegistry()
        self._registry.register(standing)
        self._registry.register(Spool(Path(config.click_spool)))
        self._folder = folder
        if folder:
            MultiProcessCollector(self._registry, folder)  # type: ignore[no-untyped-call]
        else:
            gauges.register(self._registry)
            for metric in OF_THE_API:
                self._registry.register(metric)

    async def answer(self, request: Request) -> Response:
        if self._hidden:
            return PlainTextResponse("Not Found", 404)
        if self._token and not bears(request.headers.get("authorization", ""), self._token):
            return PlainTextResponse(
                "Send Authorization: Bearer and the token of METRICS_TOKEN.\n",
                401,
                {"www-authenticate": "Bearer"},
            )
        await self._standing.look()
        return Response(told(self._registry), media_type=CONTENT_TYPE_LATEST)

    def forget_process(self) -> None:
        """A process that ends takes what it said of itself along; what it has counted stays."""
        if self._folder:
            mark_process_dead(os.getpid(), self._folder)  # type: ignore[no-untyped-call]


def bears(authorization: str, token: str) -> bool:
    """Whether a header Authorization bears the token; how long it looks says nothing of it."""
    return compare_digest(authorization.encode(), f"Bearer {token}".encode())


async def metrics(request: Request) -> Response:
    found: Metrics = request.app.state.metrics
    return await found.answer(request)


routes: Final = [Route("/metrics", metrics)]
