"""The history as the runner has written it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]


@dataclass(slots=True)
class Story:
    """Lines by what they tell, each list in the order in which it happened."""

    lines: dict[str, list[Line]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Story:
        story = cls()
        for line in lines:
            story.lines.setdefault(line["op"], []).append(line)
        return story

    @classmethod
    def read(cls, file: Path) -> Story:
        with file.open(encoding="utf-8") as reading:
            return cls.of(json.loads(line) for line in reading)

    def told(self, op: str) -> list[Line]:
        return self.lines.get(op, [])

    def effects(self, what: str) -> list[Line]:
        """Mutations that were to have this effect."""
        return [act for act in self.told("act") if act["effect"].get("what") == what]

    def faults(self) -> list[Line]:
        return sorted(self.told("fault"), key=lambda fault: float(fault["end"]))
