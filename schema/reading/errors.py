"""What the Ask road refuses: a client's question at run time, our own declaration at start."""

from __future__ import annotations

from graphql import GraphQLError


class BadQuestion(GraphQLError):
    """A question that cannot be answered; its message tells the client what would be right.

    `extensions.code` is one of BAD_ID, BAD_CURSOR, BAD_PAGE_SIZE, BAD_FILTER, BAD_DIRECTIVE.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


class Misdeclared(Exception):
    """A declaration that cannot work, named as Type.field, found before the first request."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))
