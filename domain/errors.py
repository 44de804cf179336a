"""Refusals: every "no" that the trade expects.

A refusal is raised by the rule that decides it and declared beside that rule. It carries typed
fields for programs and, built from them, a message for people: what is wrong, why, what to do.
Whatever is not a Refusal is a fault of ours.
"""

from __future__ import annotations

from dataclasses import dataclass


class Refusal(Exception):
    """The base of every expected no. A subclass is a dataclass and says its message.

    The dataclasses are neither frozen nor comparable: Python itself writes to a raised exception,
    and an exception must stay hashable.
    """

    @property
    def message(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class NotFound(Refusal):
    """Nothing of this kind and id is visible to the viewer; it says the same of other tenants'."""

    kind: str
    id: str

    @property
    def message(self) -> str:
        return f"There is no {self.kind} {self.id} here. Check the id and the account."


@dataclass(eq=False)
class InvalidInput(Refusal):
    """One field of a form was not understood.

    `field` is the field's name as the client knows it; `reason` is a whole sentence saying what
    is wrong and what would be right.
    """

    field: str
    reason: str

    @property
    def message(self) -> str:
        return f"{self.field}: {self.reason}"


def excerpt(text: str, limit: int = 80) -> str:
    """What a person typed, made short and harmless enough to be shown in a message."""
    printable = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )
    return printable if len(printable) <= limit else f"{printable[: limit - 1]}…"
