"""A disk that is asked in a thread of its own, and not waited for when it hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class DiskFails(Exception):
    """It refuses, or does not answer. Whoever was not answered does not know what was done."""


class Disk:
    def __init__(self, patience_s: float) -> None:
        """Whatever is asked is answered within `patience_s`, and at once while it hangs."""
        self._patience_s = patience_s
        # One thread, so that what two ask for does not mix in a file.
        self._thread = ThreadPoolExecutor(1, "spool")
        self._late: asyncio.Future[Any] | None = None

    @property
    def hangs(self) -> bool:
        return self._late is not None and not self._late.done()

    async def do(self, work: Callable[..., T], *args: object) -> T:
        """Raises DiskFails for OSError and when time is up."""
        if self.hangs:
            raise DiskFails("it still hangs")
        answer = asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        await asyncio.wait([answer], timeout=self._patience_s)
        if not answer.done():
            self._late = answer
            answer.add_done_callback(_forget)
            raise DiskFails(f"it did not answer within {self._patience_s} s")
        try:
            return answer.result()
        except OSError as error:
            raise DiskFails(repr(error)) from error

    def close(self) -> None:
        self._thread.shutdown(wait=not self.hangs)


def _forget(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled():
        answer.exception()
