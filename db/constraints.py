"""The database has the last word: a named constraint becomes a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

_SHARD = re.compile(r"_\d+$")
_NAME = re.compile(r'constraint "([^"]+)"')


@contextmanager
def refuses(constraint: str, with_: Exception) -> Iterator[None]:
    """Raise `with_` when a statement inside breaks `constraint`; anything else goes on as it is.

    The name is read from the message where the server leaves the field out, less a shard's number,
    as a distributed PostgreSQL does.
    """
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        found = _NAME.search(str(error))
        name = error.constraint_name or (_SHARD.sub("", found.group(1)) if found else "")
        if name != constraint:
            raise
        raise with_ from error
