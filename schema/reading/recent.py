"""What was made, as far as it was used recently."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps values up to a total weight; by default each weighs 1."""

    def __init__(self, limit: int, weight: Callable[[K], int] = lambda _: 1) -> None:
        self._limit = limit
        self._weight = weight
        self._weighs = 0
        self._kept: OrderedDict[K, V] = OrderedDict()

    def find(self, key: K) -> V | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: K, value: V) -> V:
        """Of a key that is not kept yet."""
        self._kept[key] = value
        self._weighs += self._weight(key)
        while self._weighs > self._limit:
            old, _ = self._kept.popitem(last=False)
            self._weighs -= self._weight(old)
        return value

    def get(self, key: K, make: Callable[[], V]) -> V:
        found = self.find(key)
        return self.keep(key, make()) if found is None else found
