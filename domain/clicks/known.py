"""The links that a process knows by heart, for while PostgreSQL cannot be asked.

A link's code, destination and host are written once and never change or go, so what was learnt
stays true for as long as the process lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

# A link whose transaction took so long to commit is learnt although later ones were known before.
_LATEST_MS = 60_000


class Way(NamedTuple):
    """Where a code leads; `shop_host` is the only host that it may be at, None for Amazon's."""

    destination: str
    shop_host: str | None


Link = tuple[bytes, bytes, bytes, str, str | None]
"""The ids of a link's account, its partnership and itself; its destination and shop's host.

Of what the garbage collector does not follow: hundreds of thousands are kept, and looking through
them again and again took a seventh of all time.
"""


def way_of(link: Link) -> Way:
    return Way(link[3], link[4])


class KnownLinks:
    """Those that were learnt last, and of them so many at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._links: dict[str, Link] = {}
        self.get: Callable[[str], Link | None] = self._links.get
        """The link of a code, None when it is not known."""

    def __len__(self) -> int:
        return len(self._links)

    def learn(self, links: Iterable[tuple[str, Link]]) -> None:
        for code, link in links:
            # What comes last stands last: what stands first goes when there are too many.
            self._links.pop(code, None)
            self._links[code] = link
        while len(self._links) > self._most:
            del self._links[next(iter(self._links))]


def shortly_before(id: UUID) -> UUID:
    """An id, as its first 48 bits tell the time, from a minute before."""
    moment = max((id.int >> 80) - _LATEST_MS, 0)
    return UUID(int=moment << 80)
