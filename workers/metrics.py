"""What a worker has done, and where Prometheus, and whoever watches the worker, asks for it.

They are answered by a thread: also a worker whose own loop hangs says that it is not well.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from threading import Thread
from typing import Any, ClassVar, Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as told

import gauges
from db.pool import Database
from domain.clock import Clock, SystemClock

log = structlog.get_logger()

DUTY: Final = Histogram(
    "clickledger_duty_seconds",
    "Tries of duties by kind and how they ended: done, later (not there yet), failed (tried again),"
    " given_up, put_back (told to stop), unrecorded.",
    ["kind", "outcome"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800),
    registry=None,
)
AMAZON: Final = Counter(
    "clickledger_amazon_calls_total",
    "Requests to Amazon by API: ok, throttled, error (theirs, or the way there), refused.",
    ["api", "outcome"],
    registry=None,
)
AMAZON_WAITED: Final = Counter(
    "clickledger_amazon_waited_seconds_total",
    "Seconds spent waiting for Amazon: for our quota, or before a request is tried again.",
    ["why"],
    registry=None,
)
TOKENS: Final = Counter(
    "clickledger_token_refreshes_total",
    "Access tokens asked for anew: refreshed, consent_lost, failed.",
    ["outcome"],
    registry=None,
)
WEBHOOKS: Final = Counter(
    "clickledger_webhook_attempts_total",
    "Webhooks sent, by the answer: 2xx, 3xx, 4xx, 5xx, timeout, or none.",
    ["answer"],
    registry=None,
)
SWEEPS: Final = Counter(
    "clickledger_sweeps_total", "Looks at what is to be planned and done.", registry=None
)
SWEEP_FAILURES: Final = Counter(
    "clickledger_sweep_failures_total", "Steps of sweeps that failed.", ["step"], registry=None
)
OF_THE_WORKER: Final = (DUTY, AMAZON, AMAZON_WAITED, TOKENS, WEBHOOKS, SWEEPS, SWEEP_FAILURES)

WELL_S: Final = 120
"""A worker whose last sweep ended longer ago is not well."""
_ANSWER_S: Final = gauges.PATIENCE_S + 1

_swept_at = time.monotonic()


def swept() -> None:
    """A sweep has ended, whatever became of its steps."""
    global _swept_at
    _swept_at = time.monotonic()
    SWEEPS.inc()


def answered(status: int | None, *, timed_out: bool) -> None:
    """A webhook has been sent; `status` is None when no answer came."""
    none = "timeout" if timed_out else "none"
    WEBHOOKS.labels(none if status is None else f"{status // 100}xx").inc()


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is told, and to whom: to whoever has the token, or to everybody, or to nobody."""

    host: str
    port: int
    """0 for nowhere."""
    token: str
    hidden: bool


@asynccontextmanager
async def told_to_prometheus(place: Place, db: Database, clock: Clock) -> AsyncIterator[None]:
    """Answers there meanwhile. A port that cannot be had is said, and keeps no work."""
    watch = asyncio.create_task(gauges.keep_watch(db))
    try:
        if not place.port:
            yield
            return
        standing = gauges.Standing(db, clock, SystemClock())
        try:
            server = _server(place, standing, asyncio.get_running_loop())
        except OSError as error:
            log.error("metrics_not_told", error=error)
            yield
            return
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            await asyncio.to_thread(server.shutdown)
            server.server_close()
    finally:
        watch.cancel()


def _server(
    place: Place, standing: gauges.Standing, loop: asyncio.AbstractEventLoop
) -> ThreadingHTTPServer:
    registry_ = CollectorRegistry()
    registry_.register(standing)
    gauges.register(registry_)
    for metric in OF_THE_WORKER:
        registry_.register(metric)

    class Answers(_Answers):
        token, hidden = place.token, place.hidden
        registry = registry_

        def look(self) -> None:
            # A loop that hangs is no reason for not telling what is known without it.
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(standing.look(), loop).result(_ANSWER_S)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = AF_INET6 if ":" in place.host else AF_INET

        def handle_error(self, request: object, client_address: object) -> None:
            """Who hung up while being answered does not care; a fault of ours is a line of JSON."""
            log.warning("metrics_not_told", error=repr(sys.exception()))

    return Server((place.host, place.port), Answers)


class _Answers(BaseHTTPRequestHandler):
    timeout = 5
    token: ClassVar[str]
    hidden: ClassVar[bool]
    registry: ClassVar[CollectorRegistry]

    def look(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/healthz":
            age = time.monotonic() - _swept_at
            words = f"the last sweep ended {age:.0f} s ago\n"
            self._answer(200 if age < WELL_S else 503, words.encode())
        elif path != "/metrics" or self.hidden:
            self._answer(404, b"Not Found\n")
        elif self.token and not self._bears():
            self._answer(401, b"Send Authorization: Bearer and the token of METRICS_TOKEN.\n")
        else:
            self.look()
            self._answer(200, told(self.registry), CONTENT_TYPE_LATEST)

    def _bears(self) -> bool:
        given = self.headers.get("authorization", "")
        return compare_digest(given.encode(), f"Bearer {self.token}".encode())

    def _answer(self, status: int, body: bytes, media: str = "text/plain; charset=utf-8") -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Who asked is of no interest."""
