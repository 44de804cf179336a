"""The web process: `python -m api`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any, Final

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings

from config import BadConfig, Config
from logs import of_the_server, set_up_logs

_HEADERS_MAX: Final = 32 * 1024
"""Bytes of all headers of a request, or a little more; left alone the server takes in megabytes."""


class Server(Granian):  # type: ignore[misc, valid-type]  # it is one of several, by platform
    """Told to stop, it first says for a while that it is not ready, so that a proxy sends what
    comes elsewhere; told twice, it stops at once."""

    drain_s = 0
    marker = Path()

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if not self.drain_s or self.marker.exists():
            super().signal_handler_interrupt(*args, **kwargs)
            return
        self.marker.touch()
        stop = Timer(self.drain_s, super().signal_handler_interrupt)
        stop.daemon = True
        stop.start()


@contextmanager
def shared_by_processes(several: bool) -> Iterator[Path]:
    """A folder by which the processes of one port know of each other; it goes when they do.

    Both variables are ours to set, and no operator's: `api.health` and `api.metrics` read them.
    """
    with TemporaryDirectory(prefix="clickledger-") as folder:
        marker = Path(folder) / "draining"
        os.environ["CLICKLEDGER_DRAINING"] = str(marker)
        if several:
            counts = Path(folder) / "counts"
            counts.mkdir()
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)
        yield marker


def main() -> None:
    set_up_logs("web")
    try:
        config = Config.from_env(os.environ)
    except BadConfig as error:
        raise SystemExit(str(error)) from None
    if config.trusted_documents:
        _check(config.trusted_documents)
    with shared_by_processes(config.web_workers > 1) as marker:
        server = _server(config)
        server.drain_s, server.marker = config.drain_s, marker
        server.serve()


def _server(config: Config) -> Server:
    return Server(
        "api.app:from_environment",
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=config.web_workers,
        log_access=False,
        log_dictconfig=of_the_server(),
        http1_settings=HTTP1Settings(max_buffer_size=_HEADERS_MAX),
        http2_settings=HTTP2Settings(max_headers_size=_HEADERS_MAX),
    )


def _check(trusted_documents: str) -> None:
    """A list that is at fault is told once, and not by each of the processes again and again."""
    # Only who has a list pays for the schema here, which this process does not need otherwise.
    from api.trusted import Trusted, UntrustedList
    from schema.root import schema

    try:
        Trusted.read(trusted_documents, schema)
    except UntrustedList as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
