"""What a line of the log looks like, and that no secret is in any."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logs import set_up_logs
from scrubbing import HIDDEN, scrub

CANARY = "canarycanarycanary42"
LOOK = (
    f"clk_{CANARY}", f"whsec_{CANARY}", f"Atza|{CANARY}", f"Atzr|{CANARY}", f"Atzr%7C{CANARY}",
    f"Bearer {CANARY}", f"postgresql://login:{CANARY}@db/x", f"amzn1.oa2-cs.v1.{CANARY}",
    f"https://doc.example/r?X-Amz-Signature={CANARY}", f"refresh_token={CANARY}&x=1",
    f'{{"client_secret": "{CANARY}"}}', f"code={CANARY}", f"password: {CANARY}",
    f"Cookie: __Host-clickledger={CANARY}", f"{{'x-amz-security-token': '{CANARY}'}}",
)  # fmt: skip
NAMES = (
    "authorization", "Authorization", "cookie", "set-cookie", "token", "access_token",
    "secret", "client_secret", "password", "api_key", "x-amz-date", "code", "spapi_oauth_code",
)  # fmt: skip
plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
around = st.sampled_from([" ", "\n", '"', "(", "; ", "é "])
hidden = st.one_of(
    st.builds(lambda before, gap, look: before + gap + look, plain, around, st.sampled_from(LOOK)),
    st.builds(lambda name: {name: CANARY}, st.sampled_from(NAMES)),
    st.builds(lambda look: ValueError(look), st.sampled_from(LOOK)),
)
anything = st.recursive(
    st.one_of(plain, st.integers(), st.none(), hidden),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(plain, inner, max_size=3), st.tuples(inner)
    ),
    max_leaves=6,
)


@contextmanager
def lines() -> Iterator[list[dict[str, Any]]]:
    """Whatever is logged meanwhile, as a process has it; read when it is over."""
    root, error, hook = logging.getLogger(), sys.stderr, sys.excepthook
    kept, level = root.handlers[:], root.level
    found: list[dict[str, Any]] = []
    sys.stderr = io.StringIO()
    try:
        set_up_logs("web")
        yield found
        found += [json.loads(line) for line in sys.stderr.getvalue().split("\n") if line]
    finally:
        sys.stderr, sys.excepthook = error, hook
        logging.captureWarnings(False)
        root.handlers[:] = kept
        root.setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["said", "error", "path", *NAMES]), anything, max_size=4))
@example({"said": 2**70, "error": "\ud800"})
def test_no_secret_leaves_in_a_line(event: dict[str, Any]) -> None:
    with lines() as found:
        structlog.get_logger().warning("event", **event)
        logging.getLogger("library").warning("it said %s", event)

    assert len(found) == 2
    assert CANARY not in json.dumps(found)


@pytest.mark.parametrize("look", LOOK)
def test_no_secret_leaves_in_a_traceback(look: str) -> None:
    with lines() as found:
        try:
            try:
                raise KeyError(look)
            except KeyError as error:
                raise ExceptionGroup("both", [ValueError(look), OSError(look)]) from error
        except ExceptionGroup as error:
            structlog.get_logger().error("it_failed", exc_info=error)
            logging.getLogger("library").exception("it failed too")

    assert len(found) == 2
    for line in found:
        assert line["exception"].count(HIDDEN) >= 3
        # The line of the code that raised it is shown, in which the look is a name.
        assert CANARY not in line["exception"]


def test_what_looks_like_no_secret_stays() -> None:
    for text in ("duty_failed", "the 3 tokens of a bucket", "acct_01a2042d", "code 550", "a|b=c"):
        assert scrub(text) == text


async def test_no_row_leaves_with_the_databases_own_words(owner: asyncpg.Connection) -> None:
    """DETAIL quotes the row, and so do words about a value that cannot be read."""
    await owner.execute("CREATE TEMP TABLE t (name text UNIQUE, day date, CHECK (name <> 'x'))")
    await owner.execute("INSERT INTO t (name) VALUES ($1)", CANARY)
    statements = (
        ("INSERT INTO t (name) VALUES ($1)", [CANARY]),
        (f"INSERT INTO t (day) VALUES ('{CANARY}')", []),
        ("INSERT INTO t (day) VALUES ($1)", [CANARY]),
        (f"INSERT INTO t (name, day) VALUES ('{CANARY}\n\nTraceback', 'x{CANARY}')", []),
    )
    with lines() as found:
        for sql, arguments in statements:
            try:
                await owner.execute(sql, *arguments)
            except (asyncpg.PostgresError, asyncpg.DataError) as error:
                structlog.get_logger().error("failed", error=error)
                structlog.get_logger().error("failed", error=str(error.__class__), exc_info=error)
                if isinstance(error, asyncpg.UniqueViolationError):
                    structlog.get_logger().error("failed", error=str(error))

    assert len(found) == 2 * len(statements) + 1
    assert "SQLSTATE 23505" in found[0]["error"]
    assert CANARY not in json.dumps(found)


def test_a_line_says_what_it_is_about() -> None:
    with lines() as found, structlog.contextvars.bound_contextvars(duty="duty_1", account="acct_1"):
        structlog.get_logger().info("done", number=3)
        logging.getLogger("library").info("not told")

    [line] = found
    assert line.items() >= {
        "event": "done", "number": 3, "duty": "duty_1", "account": "acct_1", "process": "web",
        "level": "info",
    }.items()  # fmt: skip
