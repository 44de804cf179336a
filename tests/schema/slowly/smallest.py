"""The smallest part of a document that still shows what the whole one showed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import REMOVE, DocumentNode, Visitor, parse, print_ast, visit

from schema.documents import Unfit
from schema.root import schema


def smallest(document: str, shows: Callable[[DocumentNode], bool]) -> str:
    """Parts are left out one after the other, as long as the rest is valid and shows it."""
    number = 0
    while (rest := _without(document, number)) is not None:
        if rest != document and _is_valid(rest) and shows(parse(rest)):
            document = rest
        else:
            number += 1
    return document


class _LeaveOut(Visitor):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def _count(self, *_: object) -> Any:
        self.left -= 1
        return REMOVE if self.left == -1 else None

    enter_field = enter_inline_fragment = enter_fragment_spread = _count
    enter_directive = enter_argument = enter_object_field = _count


def _without(document: str, number: int) -> str | None:
    """Without the part of that number and what only it used; None when there is none."""
    leave_out = _LeaveOut(number)
    rest = visit(parse(document), leave_out)
    if leave_out.left >= 0:
        return None
    used = print_ast(rest)

    class Tidy(Visitor):
        def enter_variable_definition(self, node: Any, *_: object) -> Any:
            return REMOVE if used.count(f"${node.variable.name.value}") == 1 else None

        def enter_fragment_definition(self, node: Any, *_: object) -> Any:
            return REMOVE if f"...{node.name.value}" not in used else None

    return print_ast(visit(rest, Tidy()))


def _is_valid(document: str) -> bool:
    try:
        schema.document(document)
    except Unfit:
        return False
    return True
