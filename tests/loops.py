"""A loop of a test's own: Hypothesis calls its tests without one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager


@contextmanager
def a_loop() -> Iterator[tuple[asyncio.Runner, AsyncExitStack]]:
    """What is put on the stack is closed on the loop, before the loop is."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield runner, stack
        finally:
            runner.run(stack.aclose())
