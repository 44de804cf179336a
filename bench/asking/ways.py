"""The ways to answer the question: which process answers it, where, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench.asking import load, peer, servers
from bench.asking.page import Page

DOCUMENT = (
    "query($first: Int!) { conversions(first: $first) { nodes { id day status orders units"
    " sales { amount currency } commission { amount currency } affiliate { id name }"
    " offer { id name } store { id name } } pageInfo { hasNextPage endCursor } } }"
)
_DIGITS = 50


def _graphql(document: str) -> Callable[[int], bytes]:
    return lambda first: orjson.dumps({"query": document, "variables": {"first": first}})


def _by_hand(first: int) -> bytes:
    return orjson.dumps({"first": first})


def _page(answer: Any) -> Page:
    page = answer["data"]["conversions"]
    return Page(page["nodes"], page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"])


@dataclass(frozen=True, slots=True)
class Way:
    name: str
    command: Sequence[str]
    path: str
    question: Callable[[int], bytes]
    """The body that asks for a page of so many rows."""
    page: Callable[[Any], Page] = _page
    """What the answer says, to be compared."""


OURS = Way("ours", servers.python("api"), "/graphql", _graphql(DOCUMENT))
BY_HAND = Way(
    "by_hand",
    servers.python("bench.asking.house", "bench.asking.by_hand:app"),
    "/conversions",
    _by_hand,
)
DATA_LOADERS = Way(
    "data_loaders",
    servers.python("bench.asking.house", "bench.asking.data_loaders:app"),
    "/graphql",
    _graphql(DOCUMENT),
)


def postgraphile(folder: Path) -> Way:
    """Installed into the folder unless it is there. Raises peer.NotThere."""
    return Way(
        "postgraphile",
        peer.installed(folder),
        "/graphql",
        _graphql(peer.DOCUMENT),
        peer.page,
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A way with its process, and what it answers to the keys."""

    way: Way
    url: str
    keys: Sequence[str]
    shortest: dict[int, int] = field(default_factory=dict)
    """By the page's size, how many bytes the shortest answer has, more or less: what a question
    costs stands in it, with a digit more or less."""

    def pages(self, first: int) -> list[Page]:
        """What each key is answered. Raises Failed on anything but data."""
        found, lengths = [], []
        with httpx.Client(trust_env=False, timeout=30) as client:
            for key in self.keys:
                headers = {
                    "authorization": f"Bearer {key}",
                    "content-type": "application/json",
                    "accept": "application/json",
                }
                answer = client.post(self.url, content=self.way.question(first), headers=headers)
                if answer.status_code != 200:
                    raise load.Failed(f"{self.way.name}: {answer.status_code} {answer.text[:500]}")
                said = orjson.loads(answer.content)
                if "errors" in said:
                    raise load.Failed(f"{self.way.name}: {answer.text[:500]}")
                lengths.append(len(answer.content))
                found.append(self.way.page(said))
        self.shortest[first] = min(lengths) - _DIGITS
        return found

    def figures(self, first: int, seconds: int) -> load.Figures:
        """Of a round; `pages` has to have been asked before."""
        body, shortest = self.way.question(first), self.shortest[first]
        return load.ask(self.url, body, self.keys, shortest, seconds)


@contextmanager
def running(way: Way, env: Mapping[str, str], keys: Sequence[str], data: Path) -> Iterator[Running]:
    port = servers.free_port()
    with servers.server(way.command, env, port, data / f"{way.name}.log"):
        yield Running(way, f"http://127.0.0.1:{port}{way.path}", keys)
