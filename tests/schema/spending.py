"""What it costs to find out whether a document is fit to be carried out, in CPU time and memory."""

from __future__ import annotations

import gc
import itertools
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from schema.documents import Unfit
from schema.limits import LIMITS
from schema.root import schema

MOST_MS: Final = 50
MOST_BYTES: Final = 20_000_000

_fresh = itertools.count()


def read(text: str, variables: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The errors of a document that is not fit; none of one that is. As the HTTP view does it."""
    try:
        schema.cost(schema.document(text), variables or {})
    except Unfit as unfit:
        return [dict(error.formatted) for error in unfit.errors]
    return []


def cpu_ms(text: str) -> float:
    """The best of three, when the first was too much: others use the machine as well."""
    _settle()
    spent = _once(text)
    return spent if spent < MOST_MS else min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    text = fresh(text)
    begin = time.process_time()
    read(text)
    return (time.process_time() - begin) * 1_000


def peak_bytes(text: str) -> int:
    with _traced():
        before, _ = tracemalloc.get_traced_memory()
        read(fresh(text))
        return tracemalloc.get_traced_memory()[1] - before


def fresh(text: str) -> str:
    """The same in other words, so that it is not known yet."""
    pad = next(_fresh) % 30
    return text[: LIMITS.characters - pad] + " " * pad


@contextmanager
def _traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


@cache
def _settle() -> None:
    """What the tests themselves have made is not looked at again and again."""
    read("{ viewer { now } }")
    gc.collect()
    gc.freeze()
