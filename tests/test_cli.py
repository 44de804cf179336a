"""What an operator is told at the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli import app


@pytest.fixture
def database(database_of_test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_of_test)
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere")
    monkeypatch.setenv("SEALING_KEYS", "unused")


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

    assert [line.split("  ")[2:] for line in before.splitlines()] == [
        ["works", "first key"], ["works", "front end"],
    ]  # fmt: skip
    assert done == 0
    assert "revoked" in after.splitlines()[1]
    assert "clk_" not in before + after


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
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
