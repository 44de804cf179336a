"""What an operator does at the command line: `python -m cli --help`.

Reads DATABASE_URL; without one it takes the embedded database of DATA_DIR.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import asyncpg
import typer

from db.migrate import migrate as migrate_database
from db.pool import Database
from domain.accounts import actions as accounts
from domain.accounts.rules import KnownKey, Plan
from domain.conversions import verifying as conversions
from domain.errors import Refusal
from domain.ids import decode, encode
from embedded import servers
from house import data_dir

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
T = TypeVar("T")

AccountId = Annotated[str, typer.Argument(help="acct_…, as `create-account` printed it.")]


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    async def run(url: str) -> T:
        async with Database(url) as db:
            return await work(db)

    with servers(data_dir()) as env, _told():
        return asyncio.run(run(env["DATABASE_URL"]))


@contextmanager
def _told() -> Iterator[None]:
    """What an operator can mend is said in a line; a fault of ours is shown whole."""
    try:
        yield
    except Refusal as refusal:
        message = refusal.message
    except (OSError, asyncpg.PostgresError) as error:
        message = (
            f"The database of DATABASE_URL cannot be used for this: {error}\n"
            "`python -m cli migrate` makes its tables; docs/production.md names the two logins."
        )
    else:
        return
    typer.echo(message, err=True)
    raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to run again, and by several at once.

    Needs the login that owns the tables; all other commands need that of web and worker.
    """
    with servers(data_dir()) as env, _told():
        asyncio.run(migrate_database(env["DATABASE_URL"]))
    typer.echo("The database is up to date.")


@app.command()
def create_account(
    name: Annotated[str, typer.Argument(help="What people call the workspace.")],
    plan: Annotated[Plan | None, typer.Option(help="Default: the installation's.")] = None,
) -> None:
    """Open an account and print its id and a first API key, which is shown only now."""

    async def work(db: Database) -> tuple[UUID, str]:
        async with db.system() as tx:
            account = await accounts.create_account(tx, name, plan, datetime.now(UTC))
            key = await accounts.create_api_key(tx, account.id, "first key")
            return account.id, key.text

    account_id, key = _with_database(work)
    typer.echo(f"{encode('acct', account_id)} {key}")


@app.command()
def create_key(
    account: AccountId, name: Annotated[str, typer.Argument(help="What the key is for.")]
) -> None:
    """Print a new API key of an account; it is shown only now."""

    async def work(db: Database) -> str:
        async with db.system() as tx:
            return (await accounts.create_api_key(tx, decode("acct", account), name)).text

    typer.echo(_with_database(work))


@app.command()
def list_keys(account: AccountId) -> None:
    """Print the keys of an account, the oldest first: id, since when, state, what it is for."""

    async def work(db: Database) -> list[KnownKey]:
        async with db.system() as tx:
            return await accounts.api_keys(tx, decode("acct", account))

    for key in _with_database(work):
        state = "works" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d}"
        typer.echo(f"{encode('akey', key.id)}  {key.created_at:%Y-%m-%d}  {state}  {key.name}")


@app.command()
def revoke_key(
    account: AccountId, key: Annotated[str, typer.Argument(help="akey_…, as `list-keys` shows it.")]
) -> None:
    """From now on nobody is let in with the key. Revoking it again changes nothing."""

    async def work(db: Database) -> None:
        async with db.system() as tx:
            await accounts.revoke_api_key(tx, decode("acct", account), decode("akey", key))

    _with_database(work)
    typer.echo("Revoked.")


@app.command()
def set_plan(account: AccountId, plan: Annotated[Plan, typer.Argument()]) -> None:
    """Change an account's plan. Connecting an Amazon store needs ENTERPRISE."""

    async def work(db: Database) -> None:
        async with db.system() as tx:
            await accounts.set_plan(tx, decode("acct", account), plan)

    _with_database(work)
    typer.echo(f"The account is on {plan.value}.")


@app.command()
def rebuild_conversions(account: AccountId) -> None:
    """Drop an account's conversions and make them again from the reports. Nothing may change:
    what does is printed and undone."""

    async def work(db: Database) -> int:
        async with db.transaction(decode("acct", account)) as tx:
            return await conversions.rebuild_account(tx, decode("acct", account))

    typer.echo(f"{_with_database(work)} conversions, each as it was.")


@app.command()
def offer_amazon(
    open_: Annotated[bool, typer.Option("--open/--closed", help="To accounts opened from now on.")],
) -> None:
    """Offer the Amazon integration to new accounts, or to none; accounts that have it keep it."""

    async def work(db: Database) -> None:
        async with db.system() as tx:
            await accounts.set_amazon_open(tx, open_, datetime.now(UTC))

    _with_database(work)
    typer.echo("Open." if open_ else "Closed to new accounts.")


if __name__ == "__main__":
    app()
