"""The web process: `python -m api`."""

from __future__ import annotations

import os
from typing import Final

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings

from config import BadConfig, Config

_HEADERS_MAX: Final = 32 * 1024
"""Bytes of all headers of a request, or a little more; left alone the server takes in megabytes."""


def main() -> None:
    try:
        config = Config.from_env(os.environ)
    except BadConfig as error:
        raise SystemExit(str(error)) from None
    if config.trusted_documents:
        _check(config.trusted_documents)
    Granian(
        "api.app:from_environment",
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=config.web_workers,
        log_access=False,
        http1_settings=HTTP1Settings(max_buffer_size=_HEADERS_MAX),
        http2_settings=HTTP2Settings(max_headers_size=_HEADERS_MAX),
    ).serve()


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
