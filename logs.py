"""Logs: one JSON line an event on standard error, readable lines at a terminal."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up_logs(process: str) -> None:
    """Called once by an entry point; `process` is web or worker."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # An address may carry a secret: a report document's is one for five minutes.
    logging.getLogger("httpx").setLevel(logging.WARNING)
