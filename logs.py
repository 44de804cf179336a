"""Logs: one JSON line an event on standard error, readable lines at a terminal.

Lines of libraries take the same way as ours, and no line leaves with a secret in it.
"""

from __future__ import annotations

import json
import logging
import sys
from types import TracebackType
from typing import Any, Final

import orjson
import structlog

from scrubbing import scrubbed, told

log = structlog.get_logger()

_OWN: Final = frozenset({"_record", "_from_structlog"})
"""What structlog hands from one step to the next; it is no part of the line."""


def set_up_logs(process: str) -> None:
    """Called once by an entry point; `process` is web or worker."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_Told()),
        without_secrets,
    ]
    terminal = sys.stderr.isatty()
    last = structlog.dev.ConsoleRenderer() if terminal else _line
    structlog.configure(
        processors=[*processors, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors[:3]],
            processors=[*processors[3:], last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # An address may carry a secret: a report document's is one for five minutes.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    sys.excepthook = _died


def without_secrets(logger: Any, method: str, event: Any) -> Any:
    """The last step before a line is written."""
    return {name: scrubbed(value, name) for name, value in event.items() if name not in _OWN}


def of_the_server() -> dict[str, Any]:
    """Granian's loggers, which would write lines of their own: theirs go the way of all others."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "loggers": {"_granian": {"level": "INFO"}, "granian.access": {"level": "INFO"}},
    }


def _line(logger: Any, method: str, event: Any) -> str:
    try:
        return orjson.dumps(event).decode()
    except TypeError:  # a number or half a character that orjson does not write
        return json.dumps(event)


class _Told:
    def __call__(self, exc_info: structlog.typing.ExcInfo) -> str:
        return told(exc_info[1])


def _died(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("process_died", exc_info=(kind, error, tb))
