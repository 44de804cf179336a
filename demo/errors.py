"""What can go wrong in a demo, said to the person who watches it."""

from __future__ import annotations


class Trouble(Exception):
    """The demo cannot go on. `process` names whose log says more: web, worker or sandbox."""

    def __init__(self, message: str, process: str = "worker") -> None:
        super().__init__(message)
        self.process = process


class Refused(Exception):
    """The product says no, and why: often just what the demo is out to show."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
