"""A page of conversions, whoever answered it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Page(NamedTuple):
    nodes: list[Any]
    """As ours has them."""
    has_next: bool
    end_cursor: str | None
    """None of somebody who writes cursors in a way of their own."""
