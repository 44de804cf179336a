"""What an operator is told at the command line."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial

import asyncpg
import pytest
from typer.testing import CliRunner

from cli import app
from db.pool import Database
from domain.audit.actions import record
from domain.ids import encode
from domain.people import actions, proving
from tests.factories import NOW, an_account
from tests.letterbox import SENDER


@pytest.fixture
def database(database_of_test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_of_test)
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere")
    monkeypatch.setenv("SEALING_KEYS", "unused")
    for name in ("FRONT_END_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)


def told(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, arguments)
    return answer.exit_code, answer.output


@pytest.mark.usefixtures("database")
def test_a_key_can_be_found_and_revoked_by_whoever_runs_the_installation() -> None:
    account_id = told("create-account", "Acme")[1].split()[0]
    told("create-key", account_id, "front end")

    _, before = told("list-keys", account_id)
    key_id = before.splitlines()[1].split()[0]
    done, _ = told("revoke-key", account_id, key_id)
    _, after = told("list-keys", account_id)

    shown = [line.split("  ")[2:] for line in before.splitlines()]
    assert [[it for it in line if not it.startswith("clk_")] for line in shown] == [
        ["works", "all", "never used", "first key"], ["works", "all", "never used", "front end"],
    ]  # fmt: skip
    assert done == 0
    assert "revoked" in after.splitlines()[1]
    assert max(len(word) for word in before.split() if word.startswith("clk_")) == 11


@pytest.mark.usefixtures("database")
def test_a_key_can_be_narrowed_and_ends() -> None:
    account_id = told("create-account", "Acme")[1].split()[0]
    until = ("--expires", "2999-12-31")
    told("create-key", account_id, "reports", "--scope", "READ", "--scope", "DECIDE", *until)

    line = told("list-keys", account_id)[1].splitlines()[1].split("  ")
    code, output = told("create-key", account_id, "old", "--expires", "2020-01-01")

    assert [line[2], line[4]] == ["works until 2999-12-31", "DECIDE,READ"]
    assert (code, "future" in output) == (1, True)


@pytest.mark.usefixtures("database")
async def test_an_audit_is_said_to_be_whole_or_where_it_is_not(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id = await an_account(owner)
    for _ in range(3):
        async with db.transaction(account_id) as tx:
            await record(tx, account_id, "pers_1", "pauseOffer", {}, [], None, NOW)
    verify = partial(asyncio.to_thread, told, "verify-audit", f"acct_{account_id.hex}")

    whole = await verify()
    await owner.execute("DELETE FROM audit_entry WHERE number = 2")
    broken = await verify()

    assert whole == (0, "3 entries, whole.\n")
    assert broken == (1, "Broken: entry 2 is missing.\n")


@pytest.mark.usefixtures("database")
def test_an_installation_begins_once_with_somebody_who_can_then_choose_a_password(
    database_of_test: str,
) -> None:
    code, output = told(
        "begin", "Ann@example.com", "Ann", "Acme", "--front-end-url", "https://a.b/"
    )
    again, refused = told("begin", "bob@example.com", "Bob", "Birch")
    another, second = told("create-operator", "bob@example.com", "Bob")

    said = dict(line.split(maxsplit=1) for line in output.splitlines())
    assert (code, again, another) == (0, 1, 0)
    assert list(said) == ["person", "token", "page", "account", "key"]
    assert said["page"] == f"https://a.b/reset-password#token={said['token']}"
    assert "first key" in told("list-keys", said["account"])[1]
    assert refused.startswith("This installation has an operator already")
    assert [line.split()[0] for line in second.splitlines()] == ["person", "token"]
    assert asyncio.run(_reset(database_of_test, said["token"])) == said["person"]


async def _reset(url: str, token: str) -> str:
    now = datetime.now(UTC)
    async with Database(url) as db:
        chosen = await proving.forgotten_password(db, token, "nine lives, one cat", "cli", now)
        async with db.system() as tx:
            return encode("pers", await actions.reset_password(tx, token, chosen, SENDER, now))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("begin", "ann", "Ann", "Acme"), 'email: "ann" is not an address'),
        (("create-operator", "ann@example.com", " "), "name: Give a name of 1 to 200 characters."),
        (("create-account", " "), "name: Give the account a name of 1 to 200 characters."),
        (("create-key", "acme", "front end"), '"acme" is not the id that is asked for.'),
        (("list-keys", "acct_" + "0" * 32), "There is no account acct_0"),
        (("set-plan", "acct_" + "0" * 32, "GROWTH"), "There is no account acct_0"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(arguments: tuple[str, ...], said: str) -> None:
    code, output = told(*arguments)

    assert code == 1
    assert output.startswith(said)
    assert len(output.splitlines()) == 1


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("command", [("migrate",), ("create-account", "Acme")])
def test_a_database_that_is_away_is_said_in_a_line(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:hunter2@127.0.0.1:1/nothing")

    code, output = told(*command)

    assert code == 1
    assert output.startswith("The database of DATABASE_URL cannot be used for this: ")
    assert "hunter2" not in output
